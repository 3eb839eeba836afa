import { accessStream, type Look } from '#domain/access/events.ts';
import type { RecordedBy } from '#domain/metadata.ts';
import type { Clock } from '#ports/clock.ts';
import type { AppendResult, EventLog, ExpectedRevision, NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import { createCoalesce } from '#processor/access/coalesce.ts';
import { type LostLooks, lostEvent, toEvents, type WaitingLook } from '#processor/access/to-events.ts';

export interface AccessRecorderDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
  /** Told why nothing can be written; `undefined` once it can again. */
  readonly onWaiting?: (detail: string | undefined) => void;
  /** Looks that wait at most (default 5,000); more are lost, and that they are is recorded. */
  readonly most?: number;
}

/** Writes who looked at what to the stream `access`. Nobody waits for it. */
export interface AccessRecorder {
  record(look: Look): void;
  state(): {
    readonly waiting: number;
    readonly waitingSince?: number;
    readonly lost: number;
    readonly writtenAt?: number;
  };
  /** Writes what waits until the signal is aborted, and then what can be written at once. */
  run(signal: AbortSignal): Promise<void>;
}

const batchSize = 50;
const firstDelayMs = 100;
const longestDelayMs = 30_000;
/** Milliseconds that something may wait before it is said that it does. */
const longMs = 30_000;
/** Milliseconds that the end may take. */
const endMs = 3_000;

export function createAccessRecorder(deps: AccessRecorderDeps): AccessRecorder {
  const { log, clock, ids, most = 5_000, onWaiting = () => {} } = deps;
  const events = { ...deps, now: clock.now };
  const coalesce = createCoalesce(clock.monotonic);
  const waiting: WaitingLook[] = [];
  /** Those that were lost and not told yet, and how many there were in all. */
  let untold: LostLooks | undefined;
  let lost = 0;
  let writtenAt: number | undefined;
  let expected: ExpectedRevision | undefined;
  let wake = () => {};

  function record(look: Look): void {
    if (!coalesce.isNew(look)) return;
    const at = clock.now();
    if (waiting.length >= most) {
      lost += 1;
      untold = { id: untold?.id ?? ids.random(), lost: (untold?.lost ?? 0) + 1, from: untold?.from ?? at, to: at };
      return;
    }
    waiting.push({ id: ids.random(), look, at });
    wake();
  }

  /** What is being written stays the same until it is known to be: an id means its content. */
  let pending: { readonly all: readonly NewEvent[]; readonly count: number; readonly telling?: LostLooks } | undefined;

  async function prepare(): Promise<string | undefined> {
    const batch = waiting.slice(0, batchSize);
    const made = await toEvents(events, batch);
    if (!made.ok) return made.detail;
    const telling = batch.length === waiting.length ? untold : undefined;
    pending =
      telling === undefined
        ? { all: made.events, count: batch.length }
        : { all: [...made.events, lostEvent(events, telling)], count: batch.length, telling };
    return undefined;
  }
  async function write(): Promise<string | undefined> {
    const unprepared = pending === undefined ? await prepare() : undefined;
    if (pending === undefined) return unprepared;
    const { all, count, telling } = pending;
    const failed = await append(all);
    if (failed !== undefined) return failed;
    pending = undefined;
    waiting.splice(0, count);
    if (telling !== undefined && untold !== undefined)
      untold =
        untold.lost === telling.lost
          ? undefined
          : { ...untold, id: ids.random(), lost: untold.lost - telling.lost, from: telling.to };
    writtenAt = clock.now();
    return undefined;
  }

  /** Other desks write to the same stream: whoever is second appends behind the first. */
  async function append(all: readonly NewEvent[]): Promise<string | undefined> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expected ??= await lastRevision();
      if (expected === undefined) return 'the stream cannot be read';
      const result: AppendResult = await log.append(accessStream, expected, all);
      if (result.ok) {
        expected = result.revision;
        return undefined;
      }
      if (result.reason !== 'wrong-expected-revision') {
        // Of an unknown outcome the stream itself is asked: an attempt that was written is not written again.
        if (result.reason === 'unknown-outcome' && (await isThere(all))) return undefined;
        return 'detail' in result ? `${result.reason}: ${result.detail}` : result.reason;
      }
      if (await isThere(all)) return undefined;
      expected = result.actual;
    }
    return 'others write to the stream all the time';
  }
  async function lastRevision(): Promise<ExpectedRevision | undefined> {
    const page = await log.readStream(accessStream, { direction: 'backwards', limit: 1 });
    if (page.ok) return page.events[0]?.revision ?? 'no-stream';
    return page.reason === 'stream-not-found' ? 'no-stream' : undefined;
  }
  async function isThere([first]: readonly NewEvent[]): Promise<boolean> {
    const page = await log.readStream(accessStream, { direction: 'backwards', limit: 200 });
    const there = page.ok && page.events.some(({ id }) => id === first?.id);
    if (there) expected = page.events[0]?.revision;
    return there;
  }

  return {
    record,
    state() {
      const since = waiting[0]?.at ?? untold?.from;
      return {
        waiting: waiting.length,
        lost,
        ...(since === undefined || clock.now() - since < longMs ? {} : { waitingSince: since }),
        ...(writtenAt === undefined ? {} : { writtenAt }),
      };
    },
    async run(signal) {
      let delay = firstDelayMs;
      const work = async (ending: AbortSignal) => {
        while ((waiting.length > 0 || untold !== undefined) && !ending.aborted) {
          const detail = await write().catch((error: unknown) => (error instanceof Error ? error.name : 'unknown'));
          onWaiting(detail);
          if (detail === undefined) {
            delay = firstDelayMs;
            continue;
          }
          await clock.sleep(delay * (0.5 + ids.fraction()), ending);
          delay = Math.min(longestDelayMs, delay * 2);
        }
      };
      signal.addEventListener('abort', () => wake(), { once: true });
      const woken = () =>
        new Promise<void>((resolve) => {
          wake = resolve;
        });
      while (!signal.aborted) {
        await work(signal);
        if (!signal.aborted && waiting.length === 0) await woken();
      }
      // The last looks are written where the log answers at once.
      const end = new AbortController();
      const done = new AbortController();
      const timer = clock.sleep(endMs, done.signal).then(() => end.abort());
      delay = firstDelayMs;
      await work(end.signal);
      done.abort();
      await timer;
    },
  };
}
