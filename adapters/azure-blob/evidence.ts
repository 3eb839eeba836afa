import { createHash } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { bounded } from '#adapters/azure-blob/bounded.ts';
import type { BlobFailure } from '#adapters/azure-blob/errors.ts';
import type { EvidenceFailure, EvidenceStore, PutEvidenceResult, ReadEvidenceResult } from '#ports/evidence.ts';

export interface BlobEvidenceDeps {
  /** Must be there. Its client must not try again by itself: that is done here. */
  readonly container: ContainerClient;
  /** Milliseconds for one attempt (default 30,000: exports may be large); there are three. */
  readonly timeoutMs?: number;
}

/**
 * Evidence as blobs of an account with version-level immutability. Every write is on the condition that nothing has the name, so there is one version of
 * each. A `keepUntil` sets a policy on the blob, unlocked: an administrator can still end it, and locking is done for the whole account, on purpose
 * ("Version-level WORM policies for immutable blob data", learn.microsoft.com).
 * @throws {TypeError} from a call with a name that is none
 */
export function createBlobEvidence({ container, timeoutMs = 30_000 }: BlobEvidenceDeps): EvidenceStore {
  const read = async (name: string): Promise<ReadEvidenceResult> => {
    const got = await bounded(timeoutMs, async (abortSignal) => {
      const answer = await container.getBlobClient(name).download(0, undefined, { abortSignal });
      const pieces: Buffer[] = [];
      for await (const piece of answer.readableStreamBody ?? []) pieces.push(Buffer.from(piece));
      const bytes = Buffer.concat(pieces);
      if (bytes.length !== answer.contentLength) throw new Error('cut short');
      return bytes;
    });
    if (got.ok) return { ok: true, bytes: got.value };
    // Any other 404 (the container is gone) says nothing about the blob.
    return got.failure.detail.includes('BlobNotFound') ? { ok: false, reason: 'not-found' } : away(got.failure);
  };

  return {
    async put(name, bytes, { mediaType, keepUntil }): Promise<PutEvidenceResult> {
      assertName(name);
      const hash = createHash('sha256').update(bytes);
      const sha256 = hash.digest('hex');
      const done = await bounded(timeoutMs, (abortSignal) =>
        container.getBlockBlobClient(name).upload(Buffer.from(bytes), bytes.length, {
          abortSignal,
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: mediaType, blobContentMD5: createHash('md5').update(bytes).digest() },
          metadata: { sha256 },
          ...(keepUntil === undefined
            ? {}
            : { immutabilityPolicy: { expiriesOn: new Date(keepUntil), policyMode: 'Unlocked' as const } }),
        }),
      );
      if (done.ok) return { ok: true, sha256, already: false };
      const taken = done.status === 409 || done.status === 412;
      if (!taken && done.failure.reason !== 'unavailable') return away(done.failure);
      // There already, or nobody knows what became of the attempts: what is kept decides.
      const kept = await read(name);
      if (!kept.ok) return kept.reason === 'not-found' ? away(done.failure) : kept;
      if (!Buffer.from(kept.bytes).equals(bytes)) return { ok: false, reason: 'conflict' };
      return { ok: true, sha256, already: taken && !done.retried };
    },

    read: async (name) => {
      assertName(name);
      return read(name);
    },

    async names(prefix) {
      const names: string[] = [];
      for (let from: string | undefined = ''; from !== undefined; ) {
        const continuationToken: string = from;
        const page = await bounded(timeoutMs, async (abortSignal) => {
          const pages = container.listBlobsFlat({ prefix, abortSignal });
          for await (const { segment, continuationToken: next } of pages.byPage(
            continuationToken === '' ? {} : { continuationToken },
          )) {
            return { names: segment.blobItems.map((blob) => blob.name), next: next || undefined };
          }
          return { names: [], next: undefined };
        });
        if (!page.ok) return away(page.failure);
        names.push(...page.value.names);
        from = page.value.next;
      }
      return { ok: true, names: names.sort() };
    },
  };
}

function away({ reason, detail }: BlobFailure): EvidenceFailure {
  return { ok: false, reason: reason === 'access-denied' ? reason : 'unavailable', detail };
}

/** @throws {TypeError} */
function assertName(name: string): void {
  if (name.length <= 900 && /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(name)) return;
  throw new TypeError('the name of a piece of evidence is a path of letters, digits, dots, underscores and hyphens');
}
