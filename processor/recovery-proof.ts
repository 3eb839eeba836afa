import type { KeyStore } from '#ports/key-store.ts';

/**
 * What a notice that we fetched and published ourselves carries as `clientState`: only who has the key store can make it, and it is worth nothing for
 * any other notice.
 * @param originalEventId id of the stored event that only referred to the content
 */
export function recoveryProof(keyStore: Pick<KeyStore, 'token'>, originalEventId: string): string {
  return keyStore.token([`recovered|${originalEventId}`])[0] ?? '';
}
