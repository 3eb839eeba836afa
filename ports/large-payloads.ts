/** Payloads that were too large for a notification and were put into Blob storage instead (`additionalPayloadStorageId`). */
export interface LargePayloads {
  /** The bytes of one payload. Tries again by itself for a short while; never throws. */
  fetch(blobId: string, signal?: AbortSignal): Promise<LargePayloadResult>;
}

export type LargePayloadResult =
  | { readonly ok: true; readonly body: Uint8Array }
  | {
      readonly ok: false;
      /** `not-found` also for an id that no payload can have; only `unavailable` and `access-denied` are worth another try later. */
      readonly reason: 'not-found' | 'too-large' | 'unavailable' | 'access-denied';
      /** For operators; holds no secrets. */
      readonly detail: string;
    };
