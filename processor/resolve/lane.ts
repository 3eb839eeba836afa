import type { Clock } from '#ports/clock.ts';
import type { Fetch, SourceKind, WaitingList } from '#processor/resolve/waiting-list.ts';

/** What came of one attempt. */
export type FetchOutcome =
  | { readonly kind: 'published' }
  /**
   * It is tried again by itself. `service`: nothing else could be fetched from there either. `absent`: there is no such thing yet, and most probably never will be
   * again; nobody has to know while it is looked for.
   */
  | { readonly kind: 'later'; readonly detail: string; readonly service?: true; readonly absent?: true }
  /**
   * Trying again would not help: what the notice referred to is not to be had. The notice stays in the record. `lost`: it may have told of a call, and nobody was
   * told of it yet.
   */
  | { readonly kind: 'given-up'; readonly detail: string; readonly lost?: true };

export interface LaneDeps {
  readonly list: WaitingList;
  readonly kind: SourceKind;
  readonly clock: Clock;
  /** Fetched side by side: one slow answer must not hold up the others. */
  readonly together: number;
  readonly attempt: (fetch: Fetch, signal: AbortSignal) => Promise<FetchOutcome>;
  /** False once another process is the active one: what is due is its work then. */
  readonly isActive: () => boolean;
  readonly onOutcome: (outcome: FetchOutcome, fetch: Fetch) => void;
}

/** Fetches what is due from one service, beside whatever else goes on. */
export interface Lane {
  /** Begins with what is due; goes on by itself while anything is. */
  kick(signal: AbortSignal): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  isIdle(): boolean;
  /** Milliseconds until there is something to do; undefined when there is nothing. */
  dueIn(): number | undefined;
  /** The service does not answer. */
  isAway(): boolean;
  /** What the last thing that is tried again failed of. */
  waitingFor(): string | undefined;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

export function createLane({ list, kind, clock, together, attempt, isActive, onOutcome }: LaneDeps): Lane {
  const underWay = new Set<Promise<void>>();
  let waitingFor: string | undefined;
  /** While the service is away one thing at a time is tried, ever more rarely. */
  let away: { readonly pauses: number; readonly until: number } | undefined;

  const room = () => {
    if (away === undefined) return together - underWay.size;
    return clock.monotonic() >= away.until && underWay.size === 0 ? 1 : 0;
  };

  /** Those that were under way together count as one failure. */
  function pause(): void {
    const now = clock.monotonic();
    if (away !== undefined && now < away.until) return;
    const pauses = (away?.pauses ?? 0) + 1;
    away = { pauses, until: now + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(pauses - 1, 10)) };
  }

  async function fetch(one: Fetch, signal: AbortSignal): Promise<void> {
    // Whatever is wrong with one, the others are fetched.
    const outcome = await attempt(one, signal).catch(
      (error: unknown): FetchOutcome => ({ kind: 'later', detail: error instanceof Error ? error.message : 'failed' }),
    );
    const { id } = one.event;
    if (signal.aborted && outcome.kind !== 'published') return list.postpone(id, 'when-back');
    waitingFor = outcome.kind === 'later' && outcome.absent !== true ? outcome.detail : undefined;
    if (outcome.kind === 'later' && outcome.service === true) {
      pause();
      list.postpone(id, 'when-back');
    } else {
      away = undefined;
      if (outcome.kind === 'later') list.postpone(id, outcome.absent === true ? 'when-there' : 'later');
      else if (outcome.kind === 'given-up' && outcome.lost === true) list.lose(id);
      else list.settle(id, outcome.kind);
    }
    onOutcome(outcome, one);
  }

  function kick(signal: AbortSignal): void {
    const due = signal.aborted || !isActive() ? [] : list.due(kind, Math.max(0, room()));
    for (const one of due) {
      const fetching: Promise<void> = fetch(one, signal).finally(() => {
        underWay.delete(fetching);
        kick(signal);
      });
      underWay.add(fetching);
    }
  }

  return {
    kick,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    isIdle: () => underWay.size === 0,
    dueIn() {
      const dueIn = list.dueIn(kind);
      if (dueIn === undefined || away === undefined) return dueIn;
      return Math.max(dueIn, Math.ceil(away.until - clock.monotonic()), 0);
    },
    isAway: () => away !== undefined,
    waitingFor: () => waitingFor,
  };
}
