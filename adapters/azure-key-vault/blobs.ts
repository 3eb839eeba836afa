import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { StorageSharedKeyCredential } from '@azure/storage-blob';
import type { KeyStoreFailure } from '#ports/key-store.ts';
import { within } from './deadline.ts';
import { containerClient, type VaultTransport } from './transport.ts';
import { type VendorFailure, vendorFailure } from './vendor-failure.ts';

/** A container of small blobs. What it cannot do now is an answer; nothing is thrown, and nothing takes longer than its limit. */
export interface Blobs {
  /** @param known an etag: `unchanged` where the blob still has it */
  get(name: string, known?: string): Promise<GetBlobResult>;
  /** Only where nothing has that name. */
  create(name: string, bytes: Uint8Array): Promise<PutBlobResult>;
  /** Only where the blob still has that etag. */
  replace(name: string, bytes: Uint8Array, etag: string): Promise<PutBlobResult>;
  /** With its snapshots; fine where nothing has that name. With an etag: only that blob. */
  remove(name: string, etag?: string): Promise<{ readonly ok: true } | Conflict | KeyStoreFailure>;
  /** Names with a prefix, in order. @param limit most names that are looked for */
  list(
    prefix: string,
    limit?: number,
  ): Promise<{ readonly ok: true; readonly names: readonly string[] } | KeyStoreFailure>;
  close(): void;
}

export type GetBlobResult =
  | {
      readonly ok: true;
      readonly found: 'yes';
      readonly bytes: Buffer;
      readonly etag: string;
      /** Time since it was last written, by the storage's own clock, milliseconds (whole seconds). */
      readonly ageMs: number;
    }
  | { readonly ok: true; readonly found: 'no' | 'unchanged' }
  | KeyStoreFailure;
export type PutBlobResult = { readonly ok: true; readonly etag: string } | Conflict | KeyStoreFailure;
export interface Conflict {
  readonly ok: false;
  readonly reason: 'conflict';
}

export interface BlobsDeps {
  /** `https://<account>.blob.core.windows.net/<container>`, with or without a SAS token. The container must be there. */
  readonly containerUrl: string;
  /** Needed where the URL has no SAS token. */
  readonly credential?: TokenCredential | StorageSharedKeyCredential;
  readonly transport?: VaultTransport;
  /** Milliseconds for one attempt (default 3,000); there are three. */
  readonly timeoutMs?: number;
}

const attempts = 3;
const conflict: Conflict = { ok: false, reason: 'conflict' };

export function createBlobs({ containerUrl, credential, transport = {}, timeoutMs = 3_000 }: BlobsDeps): Blobs {
  const container = containerClient(containerUrl, credential, transport);
  const closing = new AbortController();

  /** @param retried tells the call that an earlier attempt may have been carried out */
  const attempt = async <T>(
    call: (abortSignal: AbortSignal, retried: boolean) => Promise<T>,
  ): Promise<
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly failure: VendorFailure; readonly retried: boolean }
  > => {
    for (let tried = 1; ; tried += 1) {
      try {
        return { ok: true, value: await within(timeoutMs, closing.signal, (signal) => call(signal, tried > 1)) };
      } catch (error) {
        const failure = vendorFailure(error);
        const passing = failure.kind === 'unavailable' || failure.kind === 'throttled';
        const waitMs = Math.max(failure.retryAfterMs ?? 0, 50 * 2 ** tried * (0.5 + Math.random()));
        if (!passing || tried >= attempts || waitMs > timeoutMs || closing.signal.aborted) {
          return { ok: false, failure, retried: tried > 1 };
        }
        await sleep(waitMs);
      }
    }
  };

  const away = ({ detail }: VendorFailure): KeyStoreFailure => ({
    ok: false,
    reason: 'unavailable',
    detail: closing.signal.aborted
      ? 'the key store is closed'
      : `the storage of the keys does not answer as it should (${detail})`,
  });

  const get = async (name: string, known?: string): Promise<GetBlobResult> => {
    const conditions = known === undefined ? {} : { conditions: { ifNoneMatch: known } };
    const done = await attempt(async (abortSignal) => {
      const answer = await container.getBlobClient(name).download(0, undefined, { abortSignal, ...conditions });
      const pieces: Buffer[] = [];
      for await (const piece of answer.readableStreamBody ?? []) pieces.push(Buffer.from(piece));
      const bytes = Buffer.concat(pieces);
      if (bytes.length !== answer.contentLength || answer.etag === undefined) throw new Error('cut short');
      const ageMs = (answer.date?.getTime() ?? 0) - (answer.lastModified?.getTime() ?? Number.POSITIVE_INFINITY);
      return { ok: true, found: 'yes', bytes, etag: answer.etag, ageMs } as const;
    });
    if (done.ok) return done.value;
    if (done.failure.kind === 'unchanged') return { ok: true, found: 'unchanged' };
    // Any other 404 (the container is gone) says nothing about the blob.
    if (done.failure.code === 'BlobNotFound') return { ok: true, found: 'no' };
    return away(done.failure);
  };

  const put = async (
    name: string,
    bytes: Uint8Array,
    conditions: { readonly ifNoneMatch: string } | { readonly ifMatch: string },
  ): Promise<PutBlobResult> => {
    const done = await attempt((abortSignal) =>
      container.getBlockBlobClient(name).upload(Buffer.from(bytes), bytes.length, { conditions, abortSignal }),
    );
    if (done.ok) return done.value.etag === undefined ? conflict : { ok: true, etag: done.value.etag };
    const { failure, retried } = done;
    const unmet = failure.kind === 'conflict' || (failure.kind === 'not-found' && failure.code === 'BlobNotFound');
    if (unmet && !retried) return conflict;
    if (!unmet && failure.kind !== 'unavailable') return away(failure);
    // An attempt whose answer was lost may have been carried out: whatever we write is unlike anything that others write.
    const present = await get(name);
    if (!present.ok) return unmet ? present : away(failure);
    if (present.found === 'yes' && present.bytes.equals(bytes)) return { ok: true, etag: present.etag };
    return unmet ? conflict : away(failure);
  };

  return {
    get,
    create: (name, bytes) => put(name, bytes, { ifNoneMatch: '*' }),
    replace: (name, bytes, etag) => put(name, bytes, { ifMatch: etag }),
    async remove(name, etag) {
      const conditions = etag === undefined ? {} : { conditions: { ifMatch: etag } };
      const done = await attempt((abortSignal) =>
        container.getBlobClient(name).delete({ deleteSnapshots: 'include', abortSignal, ...conditions }),
      );
      if (done.ok || done.failure.code === 'BlobNotFound') return { ok: true };
      return done.failure.kind === 'conflict' ? conflict : away(done.failure);
    },
    async list(prefix, limit = Number.POSITIVE_INFINITY) {
      const names: string[] = [];
      for (let from: string | undefined = ''; from !== undefined && names.length < limit; ) {
        const continuationToken: string = from;
        const page = await attempt(async (abortSignal) => {
          const pages = container.listBlobsFlat({ prefix, abortSignal });
          const settings = {
            maxPageSize: Math.min(limit, 5000),
            ...(continuationToken === '' ? {} : { continuationToken }),
          };
          for await (const { segment, continuationToken: next } of pages.byPage(settings)) {
            return { names: segment.blobItems.map((blob) => blob.name), next: next || undefined };
          }
          return { names: [], next: undefined };
        });
        if (!page.ok) return away(page.failure);
        names.push(...page.value.names);
        from = page.value.next;
      }
      return { ok: true, names };
    },
    close: () => closing.abort(),
  };
}
