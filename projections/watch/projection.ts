import { streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Change, ReadModelSchema, ReadModelStore, Row } from '#ports/read-model-store.ts';
import { recordedAtOf, textIn, timeIn } from '#projections/notice-facts.ts';
import type { Projection } from '#projections/projection.ts';

/**
 * Who signs in, what is subscribed, and when each feed was watched. Times are milliseconds since 1970 UTC; `policy` is empty where a feed has none.
 * `current`: the interval that has no end yet; `spans`: those that have.
 */
const watchSchema = {
  name: 'watch',
  version: 5,
  tables: {
    credentials: {
      columns: {
        ...{ id: 'text', feed: 'text', state: 'text', since: 'integer', proved_at: 'integer' },
        ...{ method: 'text', permissions: 'text', token_expires_at: 'integer', grant_expires_at: 'integer' },
        ...{ sign_in: 'text', sign_in_at: 'integer', sign_in_what: 'text', sign_in_next: 'text' },
        ...{ code: 'text', what: 'text', next: 'text', support_id: 'text' },
        ...{ reminders: 'integer', reminded_urgency: 'integer', reminded_at: 'integer' },
      },
      key: ['id'],
    },
    subscriptions: {
      columns: {
        ...{ id: 'text', feed: 'text', policy: 'text', state: 'text', since: 'integer', proved_at: 'integer' },
        ...{ graph_id: 'text', api_version: 'text', content: 'text', certificate_id: 'text' },
        ...{ expires_at: 'integer', delivers_until: 'integer', code: 'text', what: 'text', next: 'text' },
        ...{ support_id: 'text' },
      },
      key: ['id'],
    },
    current: {
      columns: {
        ...{ feed: 'text', policy: 'text', watching: 'integer', started_at: 'integer', proved_at: 'integer' },
        ...{ proof: 'text', cause: 'text', detail: 'text' },
      },
      key: ['feed', 'policy'],
    },
    spans: {
      columns: {
        ...{ feed: 'text', policy: 'text', started_at: 'integer', ended_at: 'integer', watching: 'integer' },
        ...{ cause: 'text', detail: 'text' },
      },
      key: ['feed', 'policy', 'started_at', 'watching'],
      indexes: [['ended_at']],
    },
  },
} as const satisfies ReadModelSchema;

export const watchProjection: Projection = {
  schema: watchSchema,
  filter: {
    by: 'stream-prefix',
    prefixes: [streamPrefixes.credential, streamPrefixes.subscription, streamPrefixes.watch],
  },
  batchSize: 250,
  async project(events, rows) {
    const { rows: found } = await rows.read([
      { table: 'credentials' },
      { table: 'subscriptions' },
      { table: 'current' },
    ]);
    const known = {
      credentials: new Map((found[0] ?? []).map((row) => [String(row['id']), row])),
      subscriptions: new Map((found[1] ?? []).map((row) => [String(row['id']), row])),
      current: new Map((found[2] ?? []).map((row) => [`${row['feed']}|${row['policy']}`, row])),
    };
    const changes: Change[] = [];
    for (const event of events) {
      const { stream } = event;
      if (stream.startsWith(streamPrefixes.watch)) await noteWatch(event, known.current, changes, rows);
      else if (stream.startsWith(streamPrefixes.credential))
        note(
          event,
          stream.slice(streamPrefixes.credential.length),
          'credentials',
          credentialChange,
          known.credentials,
          changes,
        );
      else if (stream.startsWith(streamPrefixes.subscription))
        note(
          event,
          stream.slice(streamPrefixes.subscription.length),
          'subscriptions',
          subscriptionChange,
          known.subscriptions,
          changes,
        );
    }
    return changes;
  },
};

type Columns = Record<string, string | number | null>;

function note(
  event: RecordedEvent,
  id: string,
  table: 'credentials' | 'subscriptions',
  change: (event: RecordedEvent, old: Row | undefined) => Columns | undefined,
  known: Map<string, Row>,
  changes: Change[],
): void {
  const old = known.get(id);
  const changed = change(event, old);
  if (changed === undefined) return;
  const at = toldAt(event);
  const sameState = old !== undefined && old['state'] === (changed['state'] ?? old['state']);
  const put = { ...old, id, ...changed, since: sameState ? (old['since'] ?? at) : at };
  known.set(id, put);
  changes.push({ table, put });
}

const noTrouble = { code: null, what: null, next: null, support_id: null } as const;
const notReminded = { reminders: null, reminded_urgency: null, reminded_at: null } as const;

/** Why nobody signed in; the grant from before has no trouble for it. */
function whyOf(trouble: Json | undefined): Columns {
  if (!isJsonObject(trouble)) return {};
  return { sign_in_what: textIn(trouble['what']) ?? null, sign_in_next: textIn(trouble['next']) ?? null };
}

function credentialChange(event: RecordedEvent, old: Row | undefined): Columns | undefined {
  const { type, data } = event;
  const feed = textIn(data['feed']);
  const named: Columns = feed === undefined ? {} : { feed };
  const signIn = (outcome: string): Columns => ({
    ...{ sign_in: outcome, sign_in_at: recordedAtOf(event), sign_in_what: null, sign_in_next: null },
  });
  switch (type) {
    case 'CredentialSignInRequested':
    case 'CredentialCodeShown':
      // While the grant before serves, nobody has to hurry.
      return { ...named, ...signIn('waiting'), ...(old?.['state'] === 'ok' ? {} : { state: 'waiting-for-sign-in' }) };
    case 'CredentialSignedIn':
    case 'CredentialRefreshed': {
      const method = textIn(data['method']);
      return {
        ...named,
        ...noTrouble,
        ...(isForeseen(event, old) ? {} : notReminded),
        ...(method === undefined ? {} : { method }),
        ...(type === 'CredentialSignedIn' ? signIn('worked') : {}),
        state: 'ok',
        proved_at: recordedAtOf(event),
        permissions: JSON.stringify(Array.isArray(data['permissions']) ? data['permissions'] : []),
        token_expires_at: timeIn(data['tokenExpiresAt']) ?? null,
        grant_expires_at: timeIn(data['grantExpiresAt']) ?? null,
      };
    }
    case 'CredentialSignInFailed':
      return { ...named, ...signIn('failed'), ...whyOf(data['trouble']) };
    case 'CredentialTroubled':
      return { ...named, ...troubleIn(data['trouble'], old) };
    case 'CredentialReminded':
      return old === undefined
        ? undefined
        : {
            reminders: Number(old['reminders'] ?? 0) + 1,
            reminded_urgency: typeof data['urgency'] === 'number' ? data['urgency'] : 1,
            reminded_at: recordedAtOf(event),
          };
    case 'CredentialRevoked':
      return { ...noTrouble, ...notReminded, state: 'revoked', token_expires_at: null, grant_expires_at: null };
    default:
      return undefined;
  }
}

/** A new token with the sign-in that was there: that it ends soon was said, and still is so. */
function isForeseen({ type, data }: RecordedEvent, old: Row | undefined): boolean {
  return (
    type === 'CredentialRefreshed' &&
    old?.['state'] === 'ok' &&
    (timeIn(data['grantExpiresAt']) ?? 0) <= Number(old['grant_expires_at'] ?? 0)
  );
}

function troubleIn(value: Json | undefined, old: Row | undefined): Columns {
  const trouble: JsonObject = value !== undefined && isJsonObject(value) ? value : {};
  const state = textIn(trouble['kind']) ?? 'our-fault';
  return {
    // Reminders of one class of trouble are counted; another one begins anew.
    ...(old?.['state'] === state ? {} : notReminded),
    state,
    support_id: textIn(trouble['supportId']) ?? null,
    code: textIn(trouble['code']) ?? null,
    what: textIn(trouble['what']) ?? null,
    next: textIn(trouble['next']) ?? null,
  };
}

/** What comes late to the log, as while it was away, was true when it was decided. */
const toldAt = (event: RecordedEvent) => timeIn(event.metadata['decidedAt']) ?? recordedAtOf(event);

/** A confirmation may have been on its way when the subscription was lost, or was made anew; what is removed may be one in whose place another stands already. */
function isOutdated(event: RecordedEvent, old: Row | undefined): boolean {
  if (old === undefined || (event.type !== 'SubscriptionConfirmed' && event.type !== 'SubscriptionRemoved'))
    return false;
  const isGone = old['state'] === 'lost' || old['state'] === 'removed';
  if (isGone) return event.type === 'SubscriptionConfirmed' && toldAt(event) <= Number(old['since']);
  return typeof old['graph_id'] === 'string' && old['graph_id'] !== event.data['graphId'];
}

function subscriptionChange(event: RecordedEvent, old: Row | undefined): Columns | undefined {
  const { type, data } = event;
  if (isOutdated(event, old)) return undefined;
  const feed = textIn(data['feed']);
  const named: Columns = { ...(feed === undefined ? {} : { feed }), policy: textIn(data['policy']) ?? '' };
  switch (type) {
    case 'SubscriptionCreated':
    case 'SubscriptionAdopted':
    case 'SubscriptionRenewed':
    case 'SubscriptionConfirmed':
      return {
        ...named,
        ...noTrouble,
        state: 'ok',
        proved_at: toldAt(event),
        graph_id: textIn(data['graphId']) ?? null,
        api_version: textIn(data['apiVersion']) ?? null,
        content: textIn(data['content']) ?? null,
        certificate_id: textIn(data['encryptionCertificateId']) ?? null,
        expires_at: timeIn(data['expiresAt']) ?? null,
        delivers_until: timeIn(data['deliversUntil']) ?? null,
      };
    case 'SubscriptionTroubled':
      return {
        ...named,
        state: 'troubled',
        code: textIn(data['code']) ?? null,
        what: textIn(data['what']) ?? null,
        next: textIn(data['next']) ?? null,
        support_id: textIn(data['supportId']) ?? null,
      };
    case 'SubscriptionLost':
      return { ...named, state: 'lost', code: textIn(data['cause']) ?? null, expires_at: null, delivers_until: null };
    case 'SubscriptionRemoved':
      return {
        ...named,
        state: 'removed',
        code: textIn(data['cause']) ?? null,
        expires_at: null,
        delivers_until: null,
      };
    default:
      return undefined;
  }
}

/**
 * Events that say what is so already change nothing but the last proof; an interval never ends before it began. That it was not watched from earlier on than was
 * known takes back what the record called watched since.
 */
async function noteWatch(
  { type, stream, data }: RecordedEvent,
  known: Map<string, Row>,
  changes: Change[],
  rows: Pick<ReadModelStore, 'read'>,
): Promise<void> {
  const feed = stream.slice(streamPrefixes.watch.length);
  const policy = textIn(data['policy']) ?? '';
  const at = timeIn(data['at']);
  if (at === undefined || !['WatchOpened', 'WatchProved', 'WatchClosed'].includes(type)) return;
  const key = `${feed}|${policy}`;
  const old = known.get(key);
  const watching = type === 'WatchClosed' ? 0 : 1;
  // What was watched again long ago may have come to light after later proofs.
  const provedAt = Math.max(Number(old?.['proved_at'] ?? at), at);
  const proof = watching === 1 ? { proved_at: provedAt, proof: textIn(data['proof']) ?? null } : {};
  if (watching === 0 && old !== undefined && at < Number(old['started_at']))
    for (const span of await watchedSince(rows, changes, feed, policy, at))
      changes.push(...takenBack(span, at, textIn(data['cause']) ?? 'not-started', textIn(data['detail']) ?? null));
  if (old !== undefined && old['watching'] === watching) {
    if (watching === 0) return;
    put({ ...old, ...proof });
    return;
  }
  const from = Math.max(at, Number(old?.['started_at'] ?? at));
  if (old !== undefined && from > Number(old['started_at']))
    changes.push({
      table: 'spans',
      put: {
        ...{ feed, policy, started_at: old['started_at'] ?? from, ended_at: from, watching: old['watching'] ?? 0 },
        ...{ cause: old['cause'] ?? null, detail: old['detail'] ?? null },
      },
    });
  put({
    ...{
      feed,
      policy,
      watching,
      started_at: from,
      proved_at: old?.['proved_at'] ?? null,
      proof: old?.['proof'] ?? null,
    },
    ...proof,
    cause: watching === 1 ? null : (textIn(data['cause']) ?? 'not-started'),
    detail: watching === 1 ? null : (textIn(data['detail']) ?? null),
  });

  function put(row: Row): void {
    known.set(key, row);
    changes.push({ table: 'current', put: row });
  }
}

/** Intervals that are over and called watched, and end after a moment; those of this batch are not in the store yet. */
async function watchedSince(
  rows: Pick<ReadModelStore, 'read'>,
  changes: readonly Change[],
  feed: string,
  policy: string,
  at: number,
): Promise<readonly Row[]> {
  const { rows: answers } = await rows.read([
    {
      table: 'spans',
      where: [
        { column: 'feed', is: '=', value: feed },
        { column: 'policy', is: '=', value: policy },
        { column: 'watching', is: '=', value: 1 },
        { column: 'ended_at', is: '>', value: at },
      ],
    },
  ]);
  const spans = new Map((answers[0] ?? []).map((row) => [row['started_at'], row]));
  for (const change of changes) {
    const row = 'put' in change ? change.put : change.delete;
    if (change.table !== 'spans' || row['feed'] !== feed || row['policy'] !== policy || row['watching'] !== 1) continue;
    if ('put' in change) spans.set(row['started_at'] ?? null, row);
    else spans.delete(row['started_at'] ?? null);
  }
  return [...spans.values()].filter((row) => Number(row['ended_at']) > at);
}

/** What becomes of an interval that was called watched: as much of it as still is, and a gap. */
function takenBack(span: Row, at: number, cause: string, detail: string | null): readonly Change[] {
  const { feed = null, policy = null, started_at: startedAt = null, ended_at: endedAt = null } = span;
  const from = Math.max(at, Number(startedAt));
  return [
    from > Number(startedAt)
      ? { table: 'spans', put: { ...span, ended_at: from } }
      : { table: 'spans', delete: { feed, policy, started_at: startedAt, watching: 1 } },
    { table: 'spans', put: { feed, policy, started_at: from, ended_at: endedAt, watching: 0, cause, detail } },
  ];
}
