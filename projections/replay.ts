import type { EventLog, LogPosition, RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelFiles, ReadModelStore } from '#ports/read-model-store.ts';
import { createEmergencyQueries, type EmergencyCounts } from '#projections/emergencies/queries.ts';
import { notBeyond } from '#projections/fill.ts';
import { isWanted } from '#projections/projection.ts';
import { projections, type ReadModelName, readModelNames } from '#projections/read-models.ts';
import { later } from '#projections/rebuild.ts';

/** Up to where a log is replayed, inclusive; without it up to what was there at the start. */
export type ReplayUntil =
  | { readonly position: LogPosition }
  /** Each read model up to a position of its own (one that is absent: up to none), so that it can be compared with a live one. */
  | { readonly positions: Readonly<Partial<Record<ReadModelName, LogPosition>>> }
  /** By when the log wrote them, milliseconds since 1970 UTC: up to the first event that is later. */
  | { readonly time: number };

export interface ReplayDeps {
  readonly log: Pick<EventLog, 'subscribe'>;
  /** Empty stores: nothing of the live ones may be in them. */
  readonly stores: ReadModelFiles;
  readonly until?: ReplayUntil;
  /** Told how many events were read so far. */
  readonly onProgress?: (events: number) => void;
  readonly signal?: AbortSignal;
}

export type Replay =
  | {
      readonly ok: true;
      /** Events of the log that were read. */
      readonly events: number;
      /** Of the last of them. */
      readonly lastPosition?: LogPosition;
      readonly emergencies: EmergencyCounts & {
        readonly total: number;
        /** Not resolved, tests left out. */
        readonly open: number;
      };
      readonly digests: Readonly<Record<ReadModelName, string>>;
    }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

const batchSize = 500;

/** Folds a log from its first event into empty stores. What it says depends on the log alone. */
export async function replay({ log, stores, until, onProgress, signal }: ReplayDeps): Promise<Replay> {
  const ending = new AbortController();
  let outage: string | undefined;
  const opened = await openAll(stores);
  const items = log
    .subscribe({
      batchSize,
      signal: AbortSignal.any([ending.signal, ...(signal === undefined ? [] : [signal])]),
      onState: (state) => {
        if (state.state !== 'down' || ending.signal.aborted) return;
        outage = state.detail;
        ending.abort();
      },
    })
    [Symbol.asyncIterator]();
  let events = 0;
  let lastPosition: LogPosition | undefined;
  let whole = until !== undefined && nothingWanted(until);
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for (let next = whole ? undefined : items.next(); next !== undefined; ) {
      const result = await next;
      if (result.done === true) break;
      next = items.next();
      next.catch(() => undefined);
      const item = result.value;
      if (item.kind === 'caught-up') whole = true;
      if (item.kind === 'events') {
        const wanted = within(item.events, until);
        whole = wanted.length < item.events.length;
        events += wanted.length;
        lastPosition = wanted.at(-1)?.position ?? lastPosition;
        const changes = await Promise.all(opened.map((each) => each.project(wanted, until)));
        await writing;
        writing = Promise.all(opened.map((each, i) => each.commit(changes[i], lastPosition)));
        writing.catch(() => undefined);
        onProgress?.(events);
      }
      if (whole) break;
    }
    ending.abort();
    await writing;
    if (!whole) return { ok: false, reason: 'unavailable', detail: outage ?? 'given up' };
    const digests = await Promise.all(opened.map(async ({ name, store }) => [name, await digestOf(store)] as const));
    const { store } = opened[0] as Opened;
    const counts = await createEmergencyQueries(
      async () => store,
      () => () => undefined,
    ).countsSince(0);
    const open = counts.unacknowledged + counts.acknowledged;
    return {
      ...{ ok: true, events },
      ...(lastPosition === undefined ? {} : { lastPosition }),
      emergencies: { ...counts, open, total: open + counts.resolved + counts.test },
      digests: Object.fromEntries(digests) as Record<ReadModelName, string>,
    };
  } finally {
    ending.abort();
    await items.return?.(undefined);
    await writing.catch(() => undefined);
    await Promise.all(opened.map(({ store }) => store.discard()));
  }
}

interface Opened {
  readonly name: ReadModelName;
  readonly store: ReadModelStore;
  project(events: readonly RecordedEvent[], until: ReplayUntil | undefined): Promise<readonly Change[]>;
  commit(changes: readonly Change[] | undefined, position: LogPosition | undefined): Promise<void>;
}

function openAll(stores: ReadModelFiles): Promise<readonly Opened[]> {
  return Promise.all(
    readModelNames.map(async (name): Promise<Opened> => {
      const projection = projections[name];
      const { store } = await stores.open(projection.schema);
      return {
        ...{ name, store },
        async project(events, until) {
          const upTo = until !== undefined && 'positions' in until ? (until.positions[name] ?? '') : undefined;
          const wanted = notBeyond(events, upTo).filter((event) => isWanted(projection.filter, event));
          return wanted.length === 0 ? [] : projection.project(wanted, store);
        },
        async commit(changes = [], position) {
          if (changes.length > 0 && position !== undefined) await store.commit(changes, position);
        },
      };
    }),
  );
}

function nothingWanted(until: ReplayUntil): boolean {
  return lastOf(until) === '';
}

/** Those of a batch that belong to the replay; fewer than there were: the end is reached. */
function within(events: readonly RecordedEvent[], until: ReplayUntil | undefined): readonly RecordedEvent[] {
  if (until === undefined) return events;
  if (!('time' in until)) return notBeyond(events, lastOf(until));
  const beyond = events.findIndex(({ created }) => created > until.time);
  return beyond < 0 ? events : events.slice(0, beyond);
}

/** The furthest position that is wanted; undefined where a time is the end. */
function lastOf(until: ReplayUntil): LogPosition | undefined {
  if ('time' in until) return undefined;
  if ('position' in until) return until.position;
  return readModelNames.map((name) => until.positions[name] ?? '').reduce((a, b) => later(a, b) ?? '', '');
}

async function digestOf(store: ReadModelStore): Promise<string> {
  return (await (await store.digest()).result).digest;
}
