/**
 * Where evidence is put that must not be changed afterwards: checkpoints of the record and exports. Nothing here changes or deletes; how long the storage
 * itself keeps it unchanged is its own policy.
 *
 * Names are paths of letters, digits, `.`, `_` and `-` with `/` between them; they hold nothing personal.
 */
export interface EvidenceStore {
  /** Keeps bytes under a name that nothing has yet, durable before it answers. The same bytes again under the same name are fine: a retry. */
  put(name: string, bytes: Uint8Array, options: EvidenceOptions): Promise<PutEvidenceResult>;
  read(name: string): Promise<ReadEvidenceResult>;
  /** Names that begin with a prefix, sorted. */
  names(prefix: string): Promise<{ readonly ok: true; readonly names: readonly string[] } | EvidenceFailure>;
}

export interface EvidenceOptions {
  /** Media type, such as `application/json`. */
  readonly mediaType: string;
  /** Until when it must stay unchanged at least, milliseconds since 1970 UTC; as long as the storage keeps everything without it. */
  readonly keepUntil?: number;
}

export interface EvidenceFailure {
  readonly ok: false;
  /** Only `unavailable` and `access-denied` are worth another try later. */
  readonly reason: 'unavailable' | 'access-denied';
  /** For operators; holds no secret. */
  readonly detail: string;
}

export type PutEvidenceResult =
  | {
      readonly ok: true;
      /** SHA-256 of what is kept, lower-case hexadecimal. */
      readonly sha256: string;
      /** Whether it was there before. */
      readonly already: boolean;
    }
  /** Something else has that name. */
  | { readonly ok: false; readonly reason: 'conflict' }
  | EvidenceFailure;
export type ReadEvidenceResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'not-found' }
  | EvidenceFailure;
