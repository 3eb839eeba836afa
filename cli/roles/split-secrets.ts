import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';

/** Secrets that somebody has to close. */
export type OpenSecrets = Secrets & { close(): Promise<void> };

/** What ingest needs: it judges notices by their client states and opens them with the private keys of certificates. */
const forIngest = ['subscription/', 'notification-key/'];
const isForIngest = (name: string) => forIngest.some((prefix) => name.startsWith(prefix));

/** In the store of sign-ins once what others kept before it was there has been taken in. */
const movedName = 'moved-in';

/**
 * Two stores as one: what ingest needs is in the key store, all else in the store of sign-ins, which ingest and triage cannot open. Nothing is looked for in
 * both: whoever took ingest over could otherwise put a key of sessions into the one, and the desk would believe it.
 */
export function splitSecrets(keyStore: OpenSecrets, signIns: OpenSecrets): OpenSecrets {
  const of = (name: string) => (isForIngest(name) ? keyStore : signIns);
  return {
    read: (name) => of(name).read(name),
    write: (name, value, expected) => of(name).write(name, value, expected),
    remove: (name) => of(name).remove(name),
    lock: (name, options) => of(name).lock(name, options),
    async names(prefix) {
      if (isForIngest(prefix)) return keyStore.names(prefix);
      const own = await signIns.names(prefix);
      if (!own.ok || !forIngest.some((other) => other.startsWith(prefix))) return own;
      const others = await keyStore.names(prefix);
      if (!others.ok) return others;
      const names = [...own.names.filter((name) => name !== movedName), ...others.names.filter(isForIngest)];
      return { ok: true, names: names.sort() };
    },
    async close() {
      await signIns.close();
      await keyStore.close();
    },
  };
}

/**
 * Once, when there is a store of sign-ins for the first time: takes in what the key store held of them until then. Never again, as what turns up in the key
 * store afterwards is nobody's; it is removed there. Waits while either store does not answer. Several processes may do it at once.
 */
export async function moveSignIns(
  keyStore: Secrets,
  signIns: Secrets,
  {
    clock,
    signal,
    onWaiting,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly onWaiting: (detail: string) => void },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const detail = await move(keyStore, signIns);
    if (detail === undefined) return;
    signal.throwIfAborted();
    if (attempt % 60 === 0) onWaiting(detail);
    await clock.sleep(1_000, signal);
    signal.throwIfAborted();
  }
}

/** Answers what is in the way. */
async function move(keyStore: Secrets, signIns: Secrets): Promise<string | undefined> {
  const moved = await signIns.read(movedName);
  if (!moved.ok) return moved.detail;
  const listed = await keyStore.names('');
  if (!listed.ok) return listed.detail;
  const names = listed.names.filter((name) => !isForIngest(name));
  for (const name of moved.value === undefined ? names : []) {
    const kept = await keyStore.read(name);
    if (!kept.ok) return kept.detail;
    if (kept.value === undefined) continue;
    const written = await signIns.write(name, kept.value, 'none');
    // Another process, or an attempt before this one, was first.
    if (!written.ok && written.reason !== 'conflict') return written.detail;
  }
  if (moved.value === undefined) {
    const marked = await signIns.write(movedName, new TextEncoder().encode('yes'), 'none');
    if (!marked.ok && marked.reason !== 'conflict') return marked.detail;
  }
  for (const name of names) {
    const removed = await keyStore.remove(name);
    if (!removed.ok) return removed.detail;
  }
  return undefined;
}
