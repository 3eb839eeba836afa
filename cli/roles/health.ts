import type { RunContext } from '#cli/roles/context.ts';
import { unjudgedMs } from '#cli/roles/judging.ts';
import { judgeListening, type Listening } from '#cli/roles/listening.ts';
import { partitionRow } from '#cli/roles/partition-row.ts';
import { projectionRows } from '#cli/roles/projection-rows.ts';
import { subscribingRows } from '#cli/roles/subscribing-rows.ts';
import type { TriageHealth } from '#processor/triage/triage.ts';
import type { ReadModels } from '#projections/read-models.ts';
import type { HealthReport, HealthRow } from '#web/health-report.ts';
import type { Subscribing } from '#web/subscribing.ts';

export interface HealthDeps {
  readonly context: RunContext;
  readonly listening: Listening;
  readonly readModels: ReadModels | undefined;
  readonly triage: (() => TriageHealth) | undefined;
  /** For how long a message has waited to be judged, where this process looks; milliseconds. */
  readonly unjudgedMs?: () => number;
  /** On record, as last known: a slow audit trail says nothing of whether calls are heard. */
  readonly erasures?: () => number | undefined;
  readonly disks: () => readonly HealthRow[];
  readonly resolve: (() => HealthRow) | undefined;
  readonly subscribing: Subscribing | undefined;
  /** Rows of the role `worker`, where it runs here. */
  readonly workflows: (() => readonly HealthRow[]) | undefined;
  /** True where sealed values can be opened. */
  readonly keyStore: () => Promise<boolean>;
}

const iso = (ms: number) => new Date(ms).toISOString();
const order = { trouble: 0, warning: 1, ok: 2 } as const;

/** Everything that can fail, one row each, what is in trouble first: the same rows on the admin page and in `tocsin status`. */
export async function healthReport(deps: HealthDeps): Promise<HealthReport> {
  const now = deps.context.clock.now();
  const listening = deps.listening.state();
  // A hub that is read may be of no use to this board: that is said elsewhere.
  const isRead = judgeListening(listening.partitions, now).ok;
  const feeds = (await deps.readModels?.health.feeds()) ?? [];
  const rows = [
    ...feeds.map(({ feed, lastNoticeAt, notices }) =>
      feedRow(feed, lastNoticeAt === undefined ? undefined : iso(lastNoticeAt), notices, isRead),
    ),
    ...listening.partitions.map((partition) => partitionRow(partition, now)),
    ...(listening.partitions.length === 0 ? [nobodyReads(listening.word)] : []),
    ...projectionRows(deps.readModels?.states() ?? [], now),
    ...triageRows(deps.triage?.(), deps.unjudgedMs?.() ?? 0),
    ...(deps.resolve === undefined ? [] : [deps.resolve()]),
    ...(await noticeRows(deps.readModels)),
    keyStoreRow(await deps.keyStore()),
    ...deps.disks(),
    ...subscribingRows(
      (await deps.subscribing?.credentials()) ?? [],
      (await deps.subscribing?.subscriptions()) ?? [],
      (await deps.readModels?.watch.current()) ?? [],
      now,
    ),
    ...(deps.workflows?.() ?? []),
  ].sort((a, b) => order[a.state] - order[b.state]);
  const erasures = deps.erasures?.();
  return {
    rows,
    ...(erasures === undefined ? {} : { erasures }),
    listening: {
      ok: listening.ok,
      since: iso(listening.since),
      ...(listening.lastProofAt === undefined ? {} : { lastProofAt: iso(listening.lastProofAt) }),
      ...(listening.word === undefined ? {} : { word: listening.word }),
      feeds: feeds.map(({ feed, lastNoticeAt }) => ({
        feed,
        ...(lastNoticeAt === undefined ? {} : { lastProofAt: iso(lastNoticeAt) }),
      })),
    },
  };
}

function feedRow(feed: string, lastNoticeAt: string | undefined, notices: number, listening: boolean): HealthRow {
  const name = feed === 'chat' ? 'chat messages' : 'emergency events';
  const figures = { notices: String(notices) };
  if (lastNoticeAt === undefined)
    return {
      kind: 'feed',
      name,
      state: listening ? 'warning' : 'trouble',
      word: 'nothing was ever heard',
      figures,
      next: 'Make a test call (933), and see whether it comes.',
    };
  return {
    kind: 'feed',
    name,
    state: listening ? 'ok' : 'trouble',
    word: listening ? 'heard' : 'the hub is not read',
    lastProofAt: lastNoticeAt,
    figures,
  };
}

function nobodyReads(word: string | undefined): HealthRow {
  return {
    kind: 'role',
    name: 'ingest',
    state: 'trouble',
    word: word ?? 'nobody reads the hub',
    next: 'Start a process with the role ingest: `tocsin run ingest`.',
  };
}

/** In this process or in another: what matters is that somebody judges. */
function triageRows(triage: TriageHealth | undefined, waitingMs: number): readonly HealthRow[] {
  const late: Pick<HealthRow, 'state' | 'word'> | undefined =
    waitingMs > unjudgedMs
      ? { state: 'trouble', word: `notices have waited for ${Math.round(waitingMs / 1000)} s and are not judged` }
      : undefined;
  const next = 'Start a process with the role triage, or see its log: `tocsin run triage`.';
  if (triage !== undefined) return [late === undefined ? triageRow(triage) : { ...triageRow(triage), ...late, next }];
  return late === undefined ? [] : [{ kind: 'role', name: 'triage', ...late, next }];
}

function triageRow(triage: TriageHealth): HealthRow {
  const trouble = triage.waitingFor !== undefined || triage.state === 'stopped';
  const word =
    triage.waitingFor ??
    {
      active: triage.caughtUp ? 'every notice is judged' : 'judging what has waited',
      standby: 'stands by: another process judges',
      starting: 'starting',
      stopped: 'stopped',
    }[triage.state];
  return {
    kind: 'role',
    name: 'triage',
    state: trouble ? 'trouble' : triage.state === 'starting' ? 'warning' : 'ok',
    word,
    ...(triage.judgedAt === undefined ? {} : { lastProofAt: iso(triage.judgedAt) }),
    figures: {
      raised: String(triage.counts.raised),
      enriched: String(triage.counts.enriched),
      failed: String(triage.counts.failed),
    },
  };
}

/** What could not be read or should not have come: counted, shown, never a reason to stop. */
async function noticeRows(readModels: ReadModels | undefined): Promise<HealthRow[]> {
  if (readModels === undefined) return [];
  const { undecodable, undecryptable, suspicious, unrecognised, gaps } = await readModels.health.counters();
  const row = (name: string, count: number, state: HealthRow['state'], next: string): HealthRow[] =>
    count === 0
      ? []
      : [{ kind: 'event-log', name, state, word: `${count} on record`, figures: { count: String(count) }, next }];
  const { waiting, oldestAt } = await readModels.health.referred();
  return [
    ...row(
      'lost messages (gaps)',
      gaps,
      'trouble',
      'See the audit page, type tocsin.gap: what the hub had there is lost.',
    ),
    ...row(
      'notices with a wrong secret',
      suspicious,
      'warning',
      'See the audit page, type tocsin.suspicious: somebody may publish to the hub who should not.',
    ),
    ...row(
      'notices that cannot be decrypted',
      undecryptable,
      'warning',
      'Put the private key of their certificate into TOCSIN_NOTIFICATION_KEYS.',
    ),
    ...row('messages that nobody can read', undecodable, 'warning', 'See the audit page, type tocsin.undecodable.'),
    ...row('messages of an unknown kind', unrecognised, 'ok', 'See the audit page, type tocsin.unrecognised.'),
    ...(waiting === 0
      ? []
      : [
          {
            kind: 'event-log' as const,
            name: 'content that has to be fetched',
            state: 'warning' as const,
            word: `${waiting} waiting`,
            figures: { count: String(waiting) },
            ...(oldestAt === undefined ? {} : { since: iso(oldestAt) }),
          },
        ]),
  ];
}

function keyStoreRow(open: boolean): HealthRow {
  if (open) return { kind: 'key-store', name: 'key store', state: 'ok', word: 'open' };
  return {
    kind: 'key-store',
    name: 'key store',
    state: 'trouble',
    word: 'away: names and places show as [locked]',
    next: 'Check TOCSIN_KEY_STORE: the file, its master key and who may read them.',
  };
}
