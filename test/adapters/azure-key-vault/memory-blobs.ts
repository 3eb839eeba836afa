import type { Blobs } from '#adapters/azure-key-vault/blobs.ts';

/** A container in memory whose requests a test can stand between. */
export interface MemoryBlobs extends Blobs {
  /** Called after a blob was looked at and before the answer is there. */
  afterGet: (name: string) => Promise<void> | void;
  /** Whether a write of that blob is refused, as by a storage that is away. */
  refuses: (what: 'replace' | 'remove', name: string) => boolean;
  /** Requests so far. */
  count(): number;
}

export function createMemoryBlobs(): MemoryBlobs {
  const stored = new Map<string, { readonly bytes: Buffer; readonly etag: string }>();
  const away = { ok: false, reason: 'unavailable', detail: 'the storage is away' } as const;
  const conflict = { ok: false, reason: 'conflict' } as const;
  let etags = 0;
  let count = 0;
  const put = (name: string, bytes: Uint8Array) => {
    const etag = String(++etags);
    stored.set(name, { bytes: Buffer.from(bytes), etag });
    return { ok: true, etag } as const;
  };
  const made: MemoryBlobs = {
    afterGet: () => {},
    refuses: () => false,
    count: () => count,
    async get(name, known) {
      count += 1;
      const found = stored.get(name);
      await made.afterGet(name);
      if (found === undefined) return { ok: true, found: 'no' };
      if (found.etag === known) return { ok: true, found: 'unchanged' };
      return { ok: true, found: 'yes', ...found, ageMs: 0 };
    },
    async create(name, bytes) {
      count += 1;
      return stored.has(name) ? conflict : put(name, bytes);
    },
    async replace(name, bytes, etag) {
      count += 1;
      if (made.refuses('replace', name)) return away;
      return stored.get(name)?.etag === etag ? put(name, bytes) : conflict;
    },
    async remove(name) {
      count += 1;
      if (made.refuses('remove', name)) return away;
      stored.delete(name);
      return { ok: true };
    },
    async list(prefix) {
      return { ok: true, names: [...stored.keys()].filter((name) => name.startsWith(prefix)).sort() };
    },
    close() {},
  };
  return made;
}
