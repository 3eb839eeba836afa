import { append, refusedName } from '#adapters/eventstoredb/append.ts';
import { classify, deleteFailure } from '#adapters/eventstoredb/errors.ts';
import { currentRevision, type ReadDeps, readAll, readStream } from '#adapters/eventstoredb/read.ts';
import { subscribe } from '#adapters/eventstoredb/subscription.ts';
import { lateDetail, within } from '#adapters/eventstoredb/timer.ts';
import { openVendorClient } from '#adapters/eventstoredb/vendor-client.ts';
import { isJsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeleteResult, EventLog, ExpectedRevision, LogFailure, NewEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';

/** Settings of the adapter; only the first three must be given. */
export interface EventStoreDbLogOptions {
  /** `esdb://[user:password@]host:2113[,host…][?tls=false…]` or `esdb+discover://`; never logged. */
  readonly connectionString: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Milliseconds until the outcome of an append is given up as unknown (default 5,000). */
  readonly appendTimeoutMs?: number;
  /** Milliseconds until a read is given up (default 10,000). */
  readonly readTimeoutMs?: number;
  /** Milliseconds of silence after which a subscription makes sure that it is not cut off (default 15,000). */
  readonly silenceMs?: number;
  /** Shown to the server's operators (default `tocsin`). */
  readonly connectionName?: string;
  /** Told when the server stops answering and when it answers again, by whatever call noticed it; must not throw. */
  readonly onState?: (state: EventStoreDbState) => void;
}

/** Whether the server answers. */
type EventStoreDbState = { readonly state: 'available' } | { readonly state: 'unavailable'; readonly detail: string };

const metadataNamespace = '9d2d4a3c-6f0e-5c39-8a7d-0b1c64de5a17';

/**
 * The event log in EventStoreDB 23.10 or later, through the vendor's client. Connects with the first call, so that an unreachable server is
 * an outcome of calls, not of this one.
 * @throws TypeError for a connection string that cannot be used
 */
export async function createEventStoreDbLog(options: EventStoreDbLogOptions): Promise<EventLog> {
  const { clock, ids, appendTimeoutMs = 5_000, readTimeoutMs = 10_000, silenceMs = 2_000 } = options;
  const vendor = openVendorClient(options.connectionString, options.connectionName ?? 'tocsin');
  const closing = new AbortController();
  const deps: ReadDeps = { vendor, clock, closing: closing.signal, timeoutMs: readTimeoutMs };
  const noted = createStateNotes(options.onState ?? (() => undefined));
  const closedLog = (): LogFailure | undefined =>
    closing.signal.aborted ? { ok: false, reason: 'unavailable', detail: 'the event log was closed' } : undefined;

  const log: EventLog = {
    async append(stream, expected, events, { timeoutMs = appendTimeoutMs } = {}) {
      const refused = refusedName(stream);
      if (refused !== undefined) return { ok: false, reason: 'invalid', detail: refused };
      return closedLog() ?? noted(await append(deps, stream, expected, events, timeoutMs));
    },
    readStream: async (stream, request) => closedLog() ?? noted(await readStream(deps, stream, request)),
    readAll: async (request) => closedLog() ?? noted(await readAll(deps, request)),
    subscribe: (request) => subscribe({ ...deps, ids, silenceMs }, request),

    async readStreamMetadata(stream) {
      const tail = await log.readStream(`$$${stream}`, { direction: 'backwards', limit: 1 });
      if (!tail.ok)
        return tail.reason === 'stream-not-found' ? { ok: true, metadata: {}, revision: 'no-stream' } : tail;
      const last = tail.events[0];
      return { ok: true, metadata: last?.data ?? {}, revision: last?.revision ?? 'no-stream' };
    },
    async writeStreamMetadata(stream, expected, metadata) {
      const refused = refusedName(stream);
      if (refused !== undefined) return { ok: false, reason: 'invalid', detail: refused };
      const text = isJsonObject(metadata) ? JSON.stringify(metadata) : '';
      // The same id for the same intent, so that a repeat after an unknown outcome is recognised.
      const id = uuid5(metadataNamespace, `${stream}|${expected}|${text}`);
      const event: NewEvent = { id, type: '$metadata', data: metadata, metadata: {} };
      return closedLog() ?? noted(await append(deps, `$$${stream}`, expected, [event], appendTimeoutMs));
    },

    deleteStream: (stream, expected) => remove(stream, expected, 'deleteStream'),
    tombstoneStream: (stream, expected) => remove(stream, expected, 'tombstoneStream'),

    async close() {
      closing.abort();
      await within({ clock, closing: new AbortController().signal }, 1_000, vendor.disconnect());
    },
  };

  async function remove(
    stream: string,
    expected: ExpectedRevision,
    how: 'deleteStream' | 'tombstoneStream',
  ): Promise<DeleteResult> {
    if (refusedName(stream) !== undefined) return { ok: false, reason: 'stream-not-found' };
    const closed = closedLog();
    if (closed !== undefined) return closed;
    const expectedRevision = expected === 'no-stream' ? 'no_stream' : BigInt(expected);
    const work = vendor.client[how](stream, { expectedRevision, deadline: appendTimeoutMs });
    const outcome = await within(
      deps,
      appendTimeoutMs,
      work.then(
        (): DeleteResult => ({ ok: true }),
        (error: unknown) => deleteFailure(classify(error)),
      ),
    );
    if (outcome === 'late') return noted(unanswered(lateDetail(deps, appendTimeoutMs)));
    if (outcome.ok || outcome.reason !== 'wrong-expected-revision') return noted(outcome);
    // The server does not always say which revision it found.
    const current = noted(await currentRevision(deps, stream));
    return current.ok && current.revision !== 'hidden' ? { ...outcome, actual: current.revision } : outcome;
  }
  return log;
}

function unanswered(detail: string): Extract<DeleteResult, { reason: 'unknown-outcome' }> {
  return { ok: false, reason: 'unknown-outcome', detail };
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Passes outcomes through and tells of the first that says that the server is away, and of the first that says that it is back. */
function createStateNotes(
  onState: (state: EventStoreDbState) => void,
): <Result extends Outcome>(result: Result) => Result {
  let available = true;
  return (result) => {
    if (result.ok || !isAway(result)) {
      if (!available) onState({ state: 'available' });
      available = true;
    } else if (available) {
      available = false;
      onState({ state: 'unavailable', detail: result.detail });
    }
    return result;
  };
}

function isAway(result: { readonly ok: false; readonly reason: string }): result is LogFailure {
  return result.reason === 'unavailable' || result.reason === 'unknown-outcome';
}
