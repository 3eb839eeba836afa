import type { KeyStoreFailure } from '#ports/key-store.ts';
import type { Secrets } from '#ports/secrets.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const encodeText = (text: string): Uint8Array => encoder.encode(text);
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes);

const mostTries = 10;

/** Changes a secret: again with what another process wrote meanwhile, until it is written. `undefined` from `change`: it stays as it is. */
export async function changeSecret(
  secrets: Secrets,
  name: string,
  change: (before: Uint8Array | undefined) => Uint8Array | undefined,
): Promise<{ readonly ok: true } | KeyStoreFailure> {
  for (let tries = 0; tries < mostTries; tries++) {
    const before = await secrets.read(name);
    if (!before.ok) return before;
    const next = change(before.value);
    if (next === undefined) return { ok: true };
    const written = await secrets.write(name, next, before.version);
    if (written.ok) return { ok: true };
    if (written.reason !== 'conflict') return written;
  }
  return { ok: false, reason: 'unavailable', detail: 'others write the same secret all the time' };
}

/** Where the client states of a subscription are kept. @param id `chat`, or `events/<slug of the policy>` */
export function clientStateSecret(id: string): string {
  return `subscription/${id}/client-state`;
}
