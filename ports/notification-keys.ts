import type { EncryptedContent, Opened } from '#domain/notices/item.ts';

/**
 * Decrypts the content of rich notifications ("Set up change notifications that include resource data").
 *
 * Implementers must check the signature before they decrypt (in the other order it is a padding oracle), must not block the
 * event loop with RSA, and must tell no more about a failure than the three reasons of `Opened`. Never rejects.
 */
export interface NotificationOpener {
  open(encrypted: EncryptedContent): Promise<Opened>;
}
