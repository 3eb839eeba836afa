import type { Secrets } from '#ports/secrets.ts';

/** Secrets that are gone with the test; `away` makes every call fail. */
export function createMemorySecrets() {
  const kept = new Map<string, { readonly value: Uint8Array; readonly version: string }>();
  const failure = { ok: false, reason: 'unavailable', detail: 'away' } as const;
  let versions = 0;
  const state = { away: false, reads: 0 };
  const secrets: Pick<Secrets, 'read' | 'write' | 'remove'> = {
    async read(name) {
      state.reads += 1;
      if (state.away) return failure;
      const found = kept.get(name);
      return found === undefined ? { ok: true, version: 'none' } : { ok: true, ...found };
    },
    async write(name, value, expected) {
      if (state.away) return failure;
      if ((kept.get(name)?.version ?? 'none') !== expected) return { ok: false, reason: 'conflict' };
      versions += 1;
      kept.set(name, { value, version: String(versions) });
      return { ok: true, version: String(versions) };
    },
    async remove(name) {
      if (state.away) return failure;
      kept.delete(name);
      return { ok: true };
    },
  };
  return { secrets, state, names: () => [...kept.keys()].sort() };
}
