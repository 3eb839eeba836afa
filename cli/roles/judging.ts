import { inboxStream, triageStream } from '#domain/names.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, LogPosition } from '#ports/event-log.ts';

export interface JudgingDeps {
  readonly clock: Clock;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly hub: string;
  /** Those that are known. */
  readonly partitions: () => readonly string[];
  /** Told after every look. */
  readonly onLook?: (waitingMs: number) => void;
}

/** Whether somebody judges what the hub had: what nobody judges is on no board. */
export interface Judging {
  /**
   * For how long the oldest message that is in the log and was not judged has been seen to wait, milliseconds; 0 when there is none. Measured by our own
   * clock from when we first saw it. Triage puts its position on record within about a second of every message, whatever it means.
   */
  waitingMs(): number;
  /** Looks every few seconds until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** What waits for longer is not on its way, but not judged. */
export const unjudgedMs = 10_000;

const lookMs = 3000;
const mostSeen = 400;

export function createJudging({ clock, log, hub, partitions, onLook }: JudgingDeps): Judging {
  /** Ends of the log at which we looked and that were not judged yet, the oldest first. */
  let seen: { readonly position: LogPosition; readonly at: number }[] = [];
  let lookedAt = clock.monotonic();
  let waiting = 0;

  async function look(): Promise<void> {
    const now = clock.monotonic();
    const newest = await endOf(
      log,
      partitions().map((partition) => inboxStream(hub, partition)),
    );
    // Afterwards, so that whatever was judged meanwhile counts.
    const judged = await judgedUpTo(log);
    // Without an answer, or after a sleep of the machine, nobody knows what was judged while we did not look.
    if (newest === undefined || judged === undefined || now - lookedAt > 3 * lookMs) seen = [];
    lookedAt = clock.monotonic();
    if (newest !== undefined && judged !== undefined) {
      seen = seen.filter(({ position }) => position > judged);
      if (newest > judged && newest > (seen.at(-1)?.position ?? '')) seen.push({ position: newest, at: now });
      if (seen.length > mostSeen) seen = seen.filter((_, index) => index % 2 === 0);
    }
    const oldest = seen[0];
    waiting = oldest === undefined ? 0 : now - oldest.at;
    onLook?.(waiting);
  }

  return {
    waitingMs: () => waiting,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await clock.sleep(lookMs, signal);
      }
    },
  };
}

/** Position of the newest event of these streams, an empty text where there is none; undefined where the log does not say. */
async function endOf(log: Pick<EventLog, 'readStream'>, streams: readonly string[]): Promise<LogPosition | undefined> {
  const tails = await Promise.all(
    streams.map((stream) => log.readStream(stream, { direction: 'backwards', limit: 1 })),
  );
  let newest: LogPosition = '';
  for (const tail of tails) {
    if (!tail.ok && tail.reason !== 'stream-not-found') return undefined;
    const position = tail.ok ? tail.events[0]?.position : undefined;
    if (position !== undefined && position > newest) newest = position;
  }
  return newest;
}

/** Up to where triage says that it has judged; undefined where the log does not say. */
async function judgedUpTo(log: Pick<EventLog, 'readStream'>): Promise<LogPosition | undefined> {
  const tail = await log.readStream(triageStream, { direction: 'backwards', limit: 1 });
  if (!tail.ok) return tail.reason === 'stream-not-found' ? '' : undefined;
  const position = tail.events[0]?.data['position'];
  return typeof position === 'string' ? position : '';
}
