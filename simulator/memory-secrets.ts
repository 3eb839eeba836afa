import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Secrets, SecretVersion } from '#ports/secrets.ts';

/** Secrets that are forgotten when the process ends: for tests and for what need not outlive the process. */
export function createMemorySecrets(deps: { readonly clock: Clock; readonly ids: Ids }): Secrets & {
  close(): Promise<void>;
} {
  const { clock, ids } = deps;
  const kept = new Map<string, { readonly value: Uint8Array; readonly version: SecretVersion }>();
  const locks = new Map<string, { readonly holder: string; readonly until: number }>();
  let closed = false;
  const away = { ok: false, reason: 'unavailable', detail: 'the key store is closed' } as const;

  return {
    async read(name) {
      if (closed) return away;
      const found = kept.get(name);
      return found === undefined
        ? { ok: true, version: 'none' }
        : { ok: true, value: found.value.slice(), version: found.version };
    },
    async write(name, value, expected) {
      assertName(name);
      if (closed) return away;
      if ((kept.get(name)?.version ?? 'none') !== expected) return { ok: false, reason: 'conflict' };
      const version = ids.random();
      kept.set(name, { value: value.slice(), version });
      return { ok: true, version };
    },
    async remove(name) {
      if (closed) return away;
      kept.get(name)?.value.fill(0);
      kept.delete(name);
      return { ok: true };
    },
    async names(prefix) {
      if (closed) return away;
      return { ok: true, names: [...kept.keys()].filter((name) => name.startsWith(prefix)).sort() };
    },
    async lock(name, { waitMs, holdMs, signal }) {
      const holder = ids.random();
      const end = clock.monotonic() + waitMs;
      for (;;) {
        if (closed) return away;
        const now = clock.monotonic();
        const present = locks.get(name);
        if (present === undefined || present.until <= now) {
          locks.set(name, { holder, until: now + holdMs });
          const release = async () => {
            if (locks.get(name)?.holder === holder) locks.delete(name);
          };
          return { ok: true, release };
        }
        if (end <= now || signal?.aborted === true) return { ok: false, reason: 'held' };
        await clock.sleep(Math.min(pollMs, end - now), signal);
      }
    },
    async close() {
      closed = true;
    },
  };
}

const pollMs = 10;

function assertName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/.test(name) && name.length <= 200) return;
  throw new TypeError('the name of a secret is a path of lower-case words with / between them');
}
