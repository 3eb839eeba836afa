import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';

/** The stream that names the key store whose keys seal this log. */
export const keysStream = 'keys';

export type BindResult =
  | { readonly ok: true }
  /** The log is sealed by another key store: what this process sealed nobody could open, and the other way round. */
  | { readonly ok: false; readonly reason: 'another-key-store'; readonly bound: string }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/** Records which key store seals the log, or checks that it is the one on record. */
export async function bindKeyStore(
  log: Pick<EventLog, 'append' | 'readStream'>,
  keyStoreId: string,
  by: RecordedBy,
  clock: Clock,
): Promise<BindResult> {
  const found = await log.readStream(keysStream, { direction: 'forwards', limit: 1 });
  if (found.ok) {
    const bound = found.events[0]?.data['keyStoreId'];
    if (bound === keyStoreId) return { ok: true };
    return typeof bound === 'string'
      ? { ok: false, reason: 'another-key-store', bound }
      : { ok: false, reason: 'unavailable', detail: `the stream ${keysStream} cannot be read` };
  }
  if (found.reason !== 'stream-not-found') return { ok: false, reason: 'unavailable', detail: found.detail };
  const id = uuid5(namespace, `keys|${keyStoreId}`);
  const result = await log.append(keysStream, 'no-stream', [
    { id, type: 'KeyStoreBound', data: { keyStoreId }, metadata: eventMetadata(by, clock.now(), id, id) },
  ]);
  if (result.ok) return { ok: true };
  // Another process was first, or nobody knows whether we were: the next look decides.
  return result.reason === 'wrong-expected-revision' || result.reason === 'unknown-outcome'
    ? bindKeyStore(log, keyStoreId, by, clock)
    : { ok: false, reason: 'unavailable', detail: result.reason };
}

/** Which key store the log is sealed by, `undefined` while nothing was sealed: looks, and writes nothing. */
export async function boundKeyStore(
  log: Pick<EventLog, 'readStream'>,
): Promise<
  { readonly ok: true; readonly keyStoreId: string | undefined } | { readonly ok: false; readonly detail: string }
> {
  const found = await log.readStream(keysStream, { direction: 'forwards', limit: 1 });
  if (found.ok) {
    const id = found.events[0]?.data['keyStoreId'];
    return { ok: true, keyStoreId: typeof id === 'string' ? id : undefined };
  }
  return found.reason === 'stream-not-found'
    ? { ok: true, keyStoreId: undefined }
    : { ok: false, detail: found.detail };
}
