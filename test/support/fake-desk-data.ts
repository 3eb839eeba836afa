import { callerKeyOf } from '#domain/notices/persons.ts';
import type { JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { AuditFilter, AuditRecord, DeskData, EmergencyChange, EmergencyView } from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';

/** A desk's data in memory that behaves as the real one must, with handles to make things happen. */
export interface FakeDeskData extends DeskData {
  /** A call; what is given overrides an ordinary, complete one. `null` leaves a field out. */
  raise(given?: Given): EmergencyView;
  /** Appends a stored event that belongs to no emergency. */
  record(stream: string, type: string, data: JsonObject, metadata?: JsonObject): AuditRecord;
  setHealth(health: Partial<HealthReport>): void;
  /** Destroys what a call says of its caller, which is no event of that call. */
  erase(id: string): void;
  /** Everything that writes answers `unavailable`, or that word. */
  setUnavailable(unavailable: boolean | 'outcome-unknown'): void;
  setReady(ready: boolean): void;
  /** The next read of that kind throws. */
  failNext(what: 'list' | 'audit' | 'auditLater' | 'changes' | 'health'): void;
  readonly listeners: number;
}

type Given = { readonly [K in keyof EmergencyView]?: EmergencyView[K] | null };

const namespace = '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10';

export function createFakeDeskData(now: () => number = Date.now): FakeDeskData {
  const emergencies = new Map<string, EmergencyView>();
  const changedAt = new Map<string, string>();
  const changes: EmergencyChange[] = [];
  const records: AuditRecord[] = [];
  const listeners = new Set<(change: EmergencyChange) => void>();
  const failing = new Set<string>();
  let unavailable: boolean | 'outcome-unknown' = false;
  let ready = true;
  let calls = 0;
  const iso = (ms: number) => new Date(ms).toISOString();
  const started = iso(now());
  let health: Partial<HealthReport> = {};

  const positionOf = (index: number) => String(index).padStart(20, '0');
  const position = () => positionOf(records.length);
  function fail(what: string) {
    if (failing.delete(what)) throw new Error(`the fake was told to fail: ${what}`);
  }
  function record(stream: string, type: string, data: JsonObject, metadata: JsonObject = {}): AuditRecord {
    const revision = records.filter((one) => one.stream === stream).length;
    const made: AuditRecord = {
      position: positionOf(records.length + 1),
      stream,
      revision,
      id: uuid5(namespace, `${stream}|${revision}`),
      type,
      recordedAt: iso(now()),
      data,
      metadata: { recordedAt: iso(now()), schemaVersion: 1, ...metadata },
    };
    records.push(made);
    return made;
  }
  function change(emergency: EmergencyView, type: string, data: JsonObject, causationId?: string): EmergencyView {
    const { revision, position: at } = record(
      `emergency-${emergency.id}`,
      type,
      data,
      causationId === undefined ? {} : { $causationId: causationId },
    );
    const changed = { ...emergency, revision };
    emergencies.set(emergency.id, changed);
    changedAt.set(emergency.id, at);
    changes.push({ position: at, emergency: changed });
    for (const listener of listeners) listener({ position: at, emergency: changed });
    return changed;
  }
  const callerToken = (key: string) => uuid5(namespace, key);
  const newestFirst = () => [...emergencies.values()].reverse();

  return {
    raise(given = {}) {
      calls += 1;
      const at = now();
      const id = uuid5(namespace, `call ${calls}`);
      const whole: Given = {
        id,
        state: 'unacknowledged',
        verified: true,
        reasons: [],
        test: false,
        caller: { name: 'Ana Petrova', id: uuid5(namespace, 'ana'), callbackNumber: '+14255550142' },
        dialledNumber: '911',
        location: {
          street: '1 Microsoft Way',
          additionalInfo: 'Building 7',
          companyName: 'Contoso',
          city: 'Redmond',
          region: 'WA',
          postalCode: '98052',
          country: 'US',
          floor: '2',
          room: '2214',
          latitude: 47.6396,
          longitude: -122.1281,
        },
        policy: 'Headquarters',
        feeds: ['events'],
        occurredAt: iso(at - 900),
        receivedAt: iso(at - 120),
        raisedAt: iso(at),
        revision: 0,
        ...given,
      };
      const emergency = Object.fromEntries(
        Object.entries(whole).filter(([, value]) => value !== null),
      ) as unknown as EmergencyView;
      const notice = record('inbox-teams-emergency-0', 'Microsoft.Graph.EmergencyCallEvent', {
        specversion: '1.0',
        type: 'Microsoft.Graph.EmergencyCallEvent',
        id: `notice ${calls}`,
        source: '/tenants/t/subscriptions/s',
        data: { content: 'x' },
      });
      return change(
        emergency,
        'EmergencyRaised',
        {
          call: {
            ...{ feed: emergency.feeds[0] ?? 'events', emergencyId: emergency.id },
            callerTokens: [callerToken(callerKeyOf(emergency.caller?.name ?? '') ?? '')],
          },
        },
        notice.id,
      );
    },
    record,
    setHealth(given) {
      health = given;
    },
    erase(id) {
      const one = emergencies.get(id);
      if (one === undefined) throw new Error(`there is no call ${id}`);
      const caller = { name: '[erased]' };
      emergencies.set(id, { ...one, caller });
      for (const [at, { emergency, position }] of changes.entries())
        if (emergency.id === id) changes[at] = { position, emergency: { ...emergency, caller } };
      record(`subject-${uuid5(namespace, id)}`, 'PersonErased', { keys: 1, left: 0 });
    },
    setUnavailable(value) {
      unavailable = value;
    },
    setReady(value) {
      ready = value;
    },
    failNext: (what) => {
      failing.add(what);
    },
    get listeners() {
      return listeners.size;
    },

    emergencies: {
      async list({ state, since, until, test, limit, cursor }) {
        fail('list');
        if (cursor !== undefined && !/^c\d+$/.test(cursor)) return { ok: false, reason: 'unknown-cursor' };
        const from = cursor === undefined ? 0 : Number(cursor.slice(1));
        const found = newestFirst().filter(
          (one) =>
            (state === undefined || one.state === state) &&
            (test === undefined || one.test === test) &&
            (since === undefined || one.raisedAt >= since) &&
            (until === undefined || one.raisedAt < until),
        );
        const items = found.slice(from, from + limit);
        return {
          ok: true,
          items,
          position: position(),
          ...(from + limit < found.length ? { next: `c${from + limit}` } : {}),
        };
      },
      async get(id) {
        const emergency = emergencies.get(id);
        return emergency && { emergency, story: records.filter((one) => one.stream === `emergency-${id}`) };
      },
      async open() {
        const open = [...emergencies.values()].filter((one) => one.state !== 'resolved');
        const all = open.map((emergency) => ({ position: changedAt.get(emergency.id) ?? '', emergency }));
        return { changes: all.sort((a, b) => (a.position < b.position ? -1 : 1)), position: position() };
      },
      upTo: async () => (ready ? position() : undefined),
      async changesAfter(after, limit) {
        fail('changes');
        return changes.filter((one) => one.position > after).slice(0, limit);
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    async acknowledge(id, { by, from }) {
      if (unavailable !== false) return notDone(unavailable);
      const emergency = emergencies.get(id);
      if (emergency === undefined) return { ok: false, reason: 'not-found' };
      if (emergency.state === 'resolved') return { ok: false, reason: 'resolved', emergency };
      if (emergency.acknowledged?.by === by) return { ok: true, emergency };
      if (emergency.acknowledged !== undefined) return { ok: false, reason: 'already-acknowledged', emergency };
      const acknowledged = { by, at: iso(now()), from };
      return {
        ok: true,
        emergency: change({ ...emergency, state: 'acknowledged', acknowledged }, 'EmergencyAcknowledged', acknowledged),
      };
    },
    async resolve(id, { by, disposition, note, from }) {
      if (unavailable !== false) return notDone(unavailable);
      const emergency = emergencies.get(id);
      if (emergency === undefined) return { ok: false, reason: 'not-found' };
      if (emergency.state === 'resolved') return { ok: false, reason: 'resolved', emergency };
      const resolved = { by, at: iso(now()), disposition, ...(note === undefined ? {} : { note }) };
      return {
        ok: true,
        emergency: change({ ...emergency, state: 'resolved', resolved }, 'EmergencyResolved', { ...resolved, from }),
      };
    },
    audit: {
      async *page({ order, after, limit, ...filter }) {
        fail('audit');
        const found = records.filter(
          (one) =>
            matches(one, filter) &&
            (after === undefined || (order === 'oldest' ? one.position > after : one.position < after)),
        );
        for (const one of (order === 'oldest' ? found : found.reverse()).slice(0, limit)) {
          yield one;
          fail('auditLater');
        }
      },
      async get(id) {
        const found = records.find((one) => one.id === id || one.position === id);
        if (found === undefined) return undefined;
        const reference = ({ id, stream, type, recordedAt }: AuditRecord) => ({ id, stream, type, recordedAt });
        return {
          record: found,
          causes: records.filter((one) => one.id === found.metadata['$causationId']).map(reference),
          effects: records.filter((one) => one.metadata['$causationId'] === found.id).map(reference),
        };
      },
      async counts(filter) {
        const found = records.filter((one) => matches(one, filter));
        return {
          total: found.length,
          byType: count(found.map((one) => one.type)),
          byStream: count(found.map((one) => one.stream)),
        };
      },
    },
    async health() {
      fail('health');
      const proof = iso(now() - (now() % 1000));
      return {
        rows: [{ kind: 'event-log', name: 'Event log', state: 'ok', word: 'Answers', lastProofAt: proof }],
        listening: {
          ok: true,
          since: started,
          lastProofAt: proof,
          feeds: [
            { feed: 'chat', lastProofAt: proof },
            { feed: 'events', lastProofAt: proof },
          ],
        },
        erasures: records.filter(({ type }) => type === 'PersonErased').length,
        ...health,
      };
    },
    callerToken,
    metrics: async () => '# TYPE tocsin_fake gauge\ntocsin_fake 1\n',
    ready: async () => ready,
  };
}

function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const { stream, type, since, until, emergency, callerToken } = filter;
  const call = record.data['call'] as JsonObject | undefined;
  return (
    (callerToken === undefined || (call?.['callerTokens'] as string[] | undefined)?.includes(callerToken) === true) &&
    (stream === undefined || record.stream === stream) &&
    (type === undefined || record.type === type) &&
    (since === undefined || record.recordedAt >= since) &&
    (until === undefined || record.recordedAt < until) &&
    (emergency === undefined || record.stream === `emergency-${emergency}`)
  );
}

function count(names: readonly string[]): { name: string; count: number }[] {
  const counts = Map.groupBy(names, (name) => name);
  return [...counts].map(([name, all]) => ({ name, count: all.length })).sort((a, b) => b.count - a.count);
}

function notDone(unavailable: true | 'outcome-unknown') {
  return {
    ok: false,
    reason: unavailable === true ? 'unavailable' : unavailable,
    detail: 'the log is away',
  } as const;
}
