import type { Clock } from '#ports/clock.ts';
import type { EventLog, ExpectedRevision, NewEvent, RecordedEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

export interface AppendBehindDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'fraction'>;
}

export type AppendedBehind =
  | { readonly ok: true }
  /** What stands last in the stream makes it needless. */
  | { readonly ok: false; readonly reason: 'needless' }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

/** Milliseconds after which a person is told that the log is away, rather than left waiting. */
const patienceMs = 8_000;

/**
 * Appends an event behind whatever stands last in a stream, also where others write to it; a former attempt of unknown outcome is recognised by its id.
 * @param isNeedless asked what stands last now
 */
export async function appendBehind(
  { log, clock, ids }: AppendBehindDeps,
  stream: string,
  event: NewEvent,
  isNeedless: (last: RecordedEvent | undefined) => boolean = () => false,
): Promise<AppendedBehind> {
  const deadline = clock.monotonic() + patienceMs;
  let detail = 'the log did not answer in time';
  while (clock.monotonic() < deadline) {
    const tail = await log.readStream(stream, { direction: 'backwards', limit: 1 });
    if (tail.ok || tail.reason === 'stream-not-found') {
      const last = tail.ok ? tail.events[0] : undefined;
      if (last?.id === event.id) return { ok: true };
      if (isNeedless(last)) return { ok: false, reason: 'needless' };
      const expected: ExpectedRevision = last?.revision ?? 'no-stream';
      const result = await log.append(stream, expected, [event]);
      if (result.ok) return { ok: true };
      if (result.reason === 'wrong-expected-revision') continue;
      detail = 'detail' in result ? `${result.reason}: ${result.detail}` : result.reason;
    } else detail = `${tail.reason}: ${tail.detail}`;
    await clock.sleep(50 + 150 * ids.fraction());
  }
  return { ok: false, reason: 'unavailable', detail };
}
