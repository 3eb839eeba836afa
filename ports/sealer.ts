import type { Json } from '#kernel/json.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';

/** Encrypts the personal fields of events before they are stored, and decrypts them for an answer to somebody. */
export interface Sealer {
  /**
   * Replaces every personal value in every document by a sealed one (AES-256-GCM; additional data: event id and JSON pointer of
   * the field). One call per batch: keys for all documents are got at once.
   */
  seal(documents: readonly DocumentToSeal[]): Promise<SealResult>;
  /**
   * Replaces every sealed value in a document: by its plain value, `[erased]` where the key was destroyed (numbers and objects become
   * absent), `[locked]` while the key store is away, `[damaged]` where the box does not belong to it, or was sealed for a field of another name. Which
   * event it was sealed for is looked at where events are read (domain/sealed-places.ts): a document that was derived of several does not say it any more.
   */
  unseal(document: Json): Promise<Json>;
  /** Seals bytes under the quarantine key of a day; base64url. */
  quarantine(
    day: string,
    eventId: string,
    bytes: Uint8Array,
  ): Promise<{ readonly ok: true; readonly box: string } | KeyStoreFailure>;
  openQuarantine(day: string, eventId: string, box: string): Promise<QuarantineResult>;
  /**
   * A commitment to content that is not kept: HMAC-SHA-256, base64url, under a key derived from the day's commitment key and the event id; the
   * same again for a retry, and nobody without the key can confirm a guess.
   */
  commit(
    day: string,
    eventId: string,
    content: Uint8Array,
  ): Promise<{ readonly ok: true; readonly commitment: string } | KeyStoreFailure>;
}

/** A document with personal values (domain/personal.ts) anywhere in it. */
export interface DocumentToSeal {
  readonly eventId: string;
  readonly document: unknown;
}

export type SealResult = { readonly ok: true; readonly documents: readonly Json[] } | KeyStoreFailure;
export type QuarantineResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'destroyed' | 'damaged' }
  | KeyStoreFailure;
