import type { EventMetadata } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import {
  type QuarantineEvent,
  quarantineStream,
  quarantineStreams,
  type RepublishOutcome,
} from '#domain/quarantine/events.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import { type QuarantinedDeps, quarantinedMessage } from '#processor/resolve/quarantined.ts';
import { appendSurely, type RetryDeps } from '#processor/retry.ts';

export interface RepublishDeps extends RetryDeps, QuarantinedDeps {
  readonly metadata: (causationId: string, correlationId: string) => EventMetadata;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  /** False once another process is the active one. */
  readonly isActive: () => boolean;
}

/** Publishes again what lies in quarantine, where somebody asked for it, beside whatever else goes on. */
export interface Republish {
  take(event: RecordedEvent): void;
  kick(signal: AbortSignal): void;
  idle(): Promise<void>;
  /** Something was asked for and is not done. */
  isBusy(): boolean;
  /** True once after the memo changed by itself. */
  changed(): boolean;
  waitingFor(): string | undefined;
  memo(): JsonObject;
  restore(memo: JsonObject): void;
}

/** What was asked for, by the event that asks. */
interface Asked {
  /** Of the event whose bytes are meant. */
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  /** Id and revision of the event that asks. */
  readonly by: string;
  readonly at: number;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export function createRepublish(deps: RepublishDeps): Republish {
  const { clock, ids, log } = deps;
  const asked = new Map<string, Asked>();
  let running: Promise<void> | undefined;
  let waitingFor: string | undefined;
  let isChanged = false;

  /** What came of it; a text says why it has to be tried again. */
  async function attempt({ id, stream, revision }: Asked): Promise<{ readonly outcome: RepublishOutcome } | string> {
    const read = await log.readStream(stream, { direction: 'forwards', from: revision, limit: 1 });
    if (!read.ok && read.reason !== 'stream-not-found' && read.reason !== 'stream-deleted') return read.detail;
    const event = read.ok ? read.events[0] : undefined;
    if (event?.id !== id) return { outcome: 'missing' };
    const found = await quarantinedMessage(deps, event);
    if (!found.ok) return found.outcome === 'later' ? found.detail : { outcome: found.outcome };
    // Said twice it is the same call: an unknown outcome is repeated like any other.
    const published = await deps.publisher.publish([found.message]);
    if (published.ok) return { outcome: 'published' };
    return published.reason === 'too-large' ? { outcome: 'too-large' } : `${published.reason}: ${published.detail}`;
  }

  /** False when the signal came first. Refused by the revision, a process that was displaced wrote it: it is on record, and that is what counts. */
  async function record({ id, by, at }: Asked, outcome: RepublishOutcome, signal: AbortSignal): Promise<boolean> {
    const type = 'QuarantineRepublished' satisfies QuarantineEvent['type'];
    const data = { at: new Date(clock.now()).toISOString(), outcome };
    const done = { id: uuid5(namespace, `${type}|${by}`), type, data, metadata: deps.metadata(by, id) };
    return (await appendSurely(deps, signal, quarantineStream(id), at, [done])) !== undefined;
  }

  async function work(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted || !deps.isActive();
    for (let n = 0; !isOver(); ) {
      const [next] = asked.values();
      if (next === undefined) return;
      const result = await attempt(next).catch((error: unknown) => (error instanceof Error ? error.message : 'failed'));
      if (typeof result !== 'string') {
        waitingFor = undefined;
        if (isOver() || !(await record(next, result.outcome, signal))) return;
        asked.delete(next.id);
        isChanged = true;
        n = 0;
        continue;
      }
      waitingFor = result;
      const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(n++, 10));
      await clock.sleep(ms * (0.5 + ids.fraction() / 2), signal);
    }
  }

  return {
    take({ stream, revision, type, id: by, data }) {
      if (!stream.startsWith(quarantineStreams)) return;
      const id = stream.slice(quarantineStreams.length);
      if (type === 'QuarantineRepublished') asked.delete(id);
      const { stream: of, revision: place } = data;
      if (type === 'RepublishingRequested' && typeof of === 'string' && typeof place === 'number')
        asked.set(id, { id, stream: of, revision: place, by, at: revision });
    },
    kick(signal) {
      if (asked.size === 0) return;
      running ??= work(signal).finally(() => {
        running = undefined;
      });
    },
    idle: () => running ?? Promise.resolve(),
    isBusy: () => asked.size > 0,
    changed() {
      const was = isChanged;
      isChanged = false;
      return was;
    },
    waitingFor: () => waitingFor,
    memo: () => (asked.size === 0 ? {} : { republish: [...asked.values()].map((each) => ({ ...each })) }),
    restore({ republish }) {
      asked.clear();
      for (const each of Array.isArray(republish) ? republish : []) {
        if (!isJsonObject(each)) continue;
        const { id, stream, revision, by, at } = each;
        if (typeof id !== 'string' || typeof stream !== 'string' || typeof by !== 'string') continue;
        if (typeof revision === 'number' && typeof at === 'number') asked.set(id, { id, stream, revision, by, at });
      }
    },
  };
}
