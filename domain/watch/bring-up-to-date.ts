import type { GapCause, WatchEvent } from '#domain/watch/events.ts';
import type { SubscriptionLoss, WatchVerdict } from '#domain/watch/judge.ts';
import { absentMs } from '#domain/watch/proved.ts';

/** How a feed, or one policy of it, was last put on record. Times are milliseconds since 1970 UTC. */
export interface OnRecord {
  readonly watching: boolean;
  readonly since: number;
  /** The last moment that was proved. */
  readonly provedAt?: number;
  /** Losses of the subscription that ended until then are in the record. Undefined in what earlier builds wrote: those until `since` are. */
  readonly lossesTo?: number;
}

/** What somebody who reads the hub knows at one moment. Times are milliseconds since 1970 UTC. */
export interface Look {
  readonly now: number;
  readonly verdict: WatchVerdict;
  /**
   * Since when he has seen for himself, without a break, that the hub is read: until the moment of the verdict, or where that says that it is not read until
   * then. Undefined where he has never seen it.
   */
  readonly readSince?: number | undefined;
  /** He goes: what he proves now nobody can say for him afterwards. */
  readonly isLast?: boolean;
}

interface Gap {
  readonly from: number;
  /** Infinity where it goes on. */
  readonly until: number;
  readonly cause: GapCause;
  readonly detail?: string;
}

/** What a watched moment is proved by. */
const watchProof = 'the subscription lives, its token is valid, and every partition is read into the log';
/** A proof goes on record this often: milliseconds. */
const proveMs = 60_000;
/** Whoever watches has put a proof on record by then: milliseconds. */
export const quietMs = proveMs + 15_000;
const readsHub: ReadonlySet<GapCause> = new Set(['hub-unreachable', 'partition-not-read', 'event-log-unreachable']);

/**
 * The events that bring the record of one feed and policy to where the verdict is; none where it is there. Whatever was not watched since the record was last written is
 * in them, however many reasons there were and however late they came to light: gaps that touch are one, with the cause of the first. What nobody says that he saw himself is
 * not called watched: whoever comes later than the last proof waits for somebody who was there, as another process may have been, and when nobody speaks it is a gap.
 * @param losses all that are known of the subscription, also those on record
 */
export function bringUpToDate(
  before: OnRecord | undefined,
  look: Look,
  losses: readonly SubscriptionLoss[],
  policy: string | undefined,
): WatchEvent[] {
  const { verdict, now } = look;
  const known = before?.lossesTo ?? before?.since ?? now;
  const found = losses.filter(({ from, until }) => until > known && until > from);
  const of = {
    ...(policy === undefined ? {} : { policy }),
    lossesTo: iso(Math.max(known, ...found.map(({ until }) => until))),
  };
  const opened = (at: number): WatchEvent => ({
    type: 'WatchOpened',
    data: { ...of, at: iso(at), proof: watchProof },
  });
  const closed = ({ from, cause, detail }: Omit<Gap, 'until'>): WatchEvent => ({
    type: 'WatchClosed',
    data: { ...of, at: iso(from), cause, ...(detail === undefined ? {} : { detail }) },
  });

  if (before === undefined) {
    if (verdict.watching) return [opened(verdict.at)];
    const { detail } = verdict;
    return [closed({ from: now, cause: 'not-started', ...(detail === undefined ? {} : { detail }) })];
  }
  const proved = (at: number, since: number): WatchEvent => ({
    type: 'WatchProved',
    data: { ...of, at: iso(at), proof: watchProof, since: iso(since) },
  });

  if (found.length === 0 && mayHaveBeenSeen(before, look)) return [];
  const open = before.watching ? undefined : before.since;
  const gaps = merged([...onRecord(before, verdict), ...gapsSince(before, look, found)]);
  const last = gaps.at(-1);
  if (last === undefined) {
    const due = look.isLast === true ? 1 : proveMs;
    return verdict.watching && verdict.provedAt - (before.provedAt ?? before.since) >= due
      ? [proved(verdict.provedAt, before.since)]
      : [];
  }
  return [
    ...gaps.flatMap((gap) => [
      ...(gap.from === open ? [] : [closed(gap)]),
      ...(Number.isFinite(gap.until) ? [opened(gap.until)] : []),
    ]),
    // Whoever reads the last word alone must not take what was watched again long ago for the last proof.
    ...(verdict.watching && last.until < verdict.provedAt ? [proved(verdict.provedAt, last.until)] : []),
  ];
}

/** The gap that the record says goes on, first among equals; its cause stands there. */
function onRecord(before: OnRecord, verdict: WatchVerdict): readonly Gap[] {
  if (before.watching) return [];
  const until = verdict.watching ? Math.max(before.since, verdict.at) : Number.POSITIVE_INFINITY;
  return [{ from: before.since, until, cause: 'not-started' }];
}

/** He was not there all the time since the last proof, but somebody who was may still say so. That a subscription does not live he knows like everybody. */
function mayHaveBeenSeen(before: OnRecord, { verdict, now, readSince }: Look): boolean {
  const provedAt = before.provedAt ?? before.since;
  if (!before.watching || wasThere(provedAt, readSince)) return false;
  if (!verdict.watching && !readsHub.has(verdict.cause)) return false;
  return now - provedAt <= quietMs;
}

const wasThere = (provedAt: number, readSince: number | undefined): boolean =>
  readSince !== undefined && readSince <= provedAt;

function gapsSince(
  before: OnRecord,
  { verdict, now, readSince }: Look,
  losses: readonly SubscriptionLoss[],
): readonly Gap[] {
  // What was called watched before the record's last word begins with it again: so much is not known any more.
  const gaps: Gap[] = losses.map((loss) => ({ ...loss, until: Math.max(loss.until, before.since) }));
  const provedAt = Math.min(before.provedAt ?? before.since, now);
  const wasAbsent = before.watching && !wasThere(provedAt, readSince);
  // Nobody looked for a while: what cannot be proved afterwards is a gap, whatever is true now.
  if (before.watching && now - provedAt > absentMs) {
    const until = verdict.watching ? Math.max(provedAt, verdict.at) : Number.POSITIVE_INFINITY;
    gaps.push({ from: provedAt, until, cause: 'tocsin-not-running' });
  } else if (wasAbsent && verdict.watching)
    gaps.push({ from: provedAt, until: Math.max(provedAt, readSince ?? verdict.at), cause: 'tocsin-not-running' });
  if (verdict.watching) return gaps;
  // Another process may have read what this one did not; but no proof that the hub is read shows that Graph has a subscription, now or before an earlier gap.
  const isHub = readsHub.has(verdict.cause);
  if (isHub && !before.watching) return gaps;
  const seenTo = wasAbsent ? Math.min(provedAt, verdict.at) : verdict.at;
  const from = isHub ? Math.max(provedAt, seenTo) : seenTo;
  const { cause, detail } = verdict;
  gaps.push({ from, until: Number.POSITIVE_INFINITY, cause, ...(detail === undefined ? {} : { detail }) });
  return gaps;
}

function merged(gaps: readonly Gap[]): readonly Gap[] {
  const all: Gap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last === undefined || gap.from > last.until) all.push(gap);
    else all[all.length - 1] = { ...last, until: Math.max(last.until, gap.until) };
  }
  return all;
}

const iso = (ms: number) => new Date(ms).toISOString();
