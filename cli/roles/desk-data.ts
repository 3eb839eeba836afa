import type { RunContext } from '#cli/roles/context.ts';
import { shareChanges } from '#cli/roles/share-changes.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { shownOnce } from '#cli/roles/shown-emergency.ts';
import { valuesInPlace } from '#domain/sealed-places.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Sealer } from '#ports/sealer.ts';
import { type ActResult, createActs, type HumanAct } from '#processor/acts/act.ts';
import type { StoredRecord } from '#projections/audit/queries.ts';
import type { EmergencyDocument } from '#projections/emergencies/document.ts';
import type { EmergencyDocumentChange } from '#projections/emergencies/queries.ts';

import type { ReadModels } from '#projections/read-models.ts';
import type {
  AcknowledgeResult,
  AuditRecord,
  DeskData,
  EmergencyChange,
  EmergencyView,
  ResolveResult,
} from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';

export interface DeskDataDeps {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly readModels: ReadModels;
  readonly health: () => Promise<HealthReport>;
  readonly ready: () => boolean;
}

/** Records that are unsealed together. */
const unsealTogether = 100;

/** Puts together what the desk shows and does: read models answer, the sealer opens what is sealed, acts go to the log. */
export function createDeskData({ context, shared, readModels, health, ready }: DeskDataDeps): DeskData {
  const { clock, ids, metrics } = context;
  const { sealer, keyStore, eventLog } = shared;
  const { emergencies, audit } = readModels;
  const acts = createActs({ log: eventLog, sealer, keyStore, clock, ids, recordedBy: context.recordedBy('desk') });
  const one = async (document: EmergencyDocument): Promise<EmergencyView> =>
    (await unsealAll(sealer, [document]))[0] as unknown as EmergencyView;
  const many = async (changes: readonly EmergencyDocumentChange[]): Promise<EmergencyChange[]> => {
    const views = await unsealAll(
      sealer,
      changes.map(({ document }) => document),
    );
    return changes.map(({ position }, index) => ({ position, emergency: views[index] as unknown as EmergencyView }));
  };

  const perform = async (
    id: string,
    human: HumanAct,
  ): Promise<{ readonly result: ActResult; readonly emergency: EmergencyView | undefined }> => {
    const result = await acts.act(id, human);
    const isShown = shownAfter(result);
    const document =
      isShown === undefined ? undefined : await shownOnce({ clock, log: eventLog, get: emergencies.get }, id, isShown);
    return { result, emergency: document === undefined ? undefined : await one(document) };
  };
  const changes = shareChanges(emergencies.subscribe, async (change) => {
    const emergency = await one(change.document);
    if (emergency.revision === 0)
      metrics.enqueueToScreen.observe(Math.max(0, clock.now() - Date.parse(emergency.receivedAt)) / 1000);
    return { position: change.position, emergency };
  });
  emergencies.onReplaced(() => changes.endAll(new Error('what the board shows was read from the event log again')));
  const behind = {
    ok: false,
    reason: 'outcome-unknown',
    detail: 'this desk is behind the log and cannot show what was recorded yet',
  } as const;

  return {
    emergencies: {
      async list(query) {
        const page = await emergencies.list(withTimes(query));
        if (!page.ok) return page;
        return { ...page, items: (await unsealAll(sealer, page.items)) as unknown as EmergencyView[] };
      },
      async get(id) {
        const document = await emergencies.get(id);
        if (document === undefined) return undefined;
        return {
          emergency: await one(document),
          story: await unsealRecords(sealer, await audit.story(id)),
        };
      },
      async open() {
        const { changes, position } = await emergencies.open();
        return { changes: await many(changes), position };
      },
      upTo: async () =>
        ready() ? (readModels.states().find(({ name }) => name === 'emergencies')?.position ?? '') : undefined,
      changesAfter: async (position, limit) => many(await emergencies.changesAfter(position, limit)),
      subscribe: changes.subscribe,
    },
    audit: {
      async *page(query) {
        let waiting: StoredRecord[] = [];
        for await (const row of audit.page(withTimes(query))) {
          waiting.push(row);
          if (waiting.length < unsealTogether) continue;
          yield* await unsealRecords(sealer, waiting);
          waiting = [];
        }
        yield* await unsealRecords(sealer, waiting);
      },
      async get(idOrPosition) {
        const found = await audit.get(idOrPosition);
        if (found === undefined) return undefined;
        return { ...found, record: (await unsealRecords(sealer, [found.record]))[0] as AuditRecord };
      },
      counts: async (filter) => audit.counts(withTimes(filter)),
    },
    async acknowledge(id, { by, from, proved }): Promise<AcknowledgeResult> {
      const { result, emergency } = await perform(id, {
        ...{ act: 'acknowledge', by, from },
        ...(proved === undefined ? {} : { proved }),
      });
      if (result.ok) return emergency === undefined ? behind : { ok: true, emergency };
      if (result.reason === 'not-found' || result.reason === 'unavailable' || result.reason === 'outcome-unknown')
        return result;
      if (emergency === undefined) return behind;
      return {
        ok: false,
        reason: result.reason === 'already-resolved' ? 'resolved' : 'already-acknowledged',
        emergency,
      };
    },
    async resolve(id, { by, from, proved, disposition, note }): Promise<ResolveResult> {
      const { result, emergency } = await perform(id, {
        act: 'resolve',
        by,
        from,
        disposition,
        ...(proved === undefined ? {} : { proved }),
        ...(note === undefined ? {} : { note }),
      });
      if (result.ok) return emergency === undefined ? behind : { ok: true, emergency };
      if (result.reason === 'not-found' || result.reason === 'unavailable' || result.reason === 'outcome-unknown')
        return result;
      return emergency === undefined ? behind : { ok: false, reason: 'resolved', emergency };
    },
    callerToken: (key) => keyStore.token([key])[0] ?? '',
    health,
    metrics: () => metrics.text(),
    ready: async () => ready(),
  };
}

/** From when on an emergency shows what came of an act: who lost the race is told who won. Undefined where nothing came of it. */
function shownAfter(result: ActResult): ((document: EmergencyDocument) => boolean) | undefined {
  if (result.ok) return ({ revision }) => revision >= result.revision;
  if (result.reason === 'already-resolved') return ({ resolved }) => resolved !== undefined;
  if (result.reason === 'already-acknowledged') return ({ acknowledged }) => acknowledged !== undefined;
  return undefined;
}

/** ISO 8601 of the outer interface as milliseconds since 1970 UTC, as the read models keep time. */
function withTimes<Q extends { readonly since?: string; readonly until?: string }>(
  query: Q,
): { readonly [K in keyof Q]: K extends 'since' | 'until' ? number : Q[K] } {
  const { since, until, ...rest } = query;
  return {
    ...rest,
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  } as { readonly [K in keyof Q]: K extends 'since' | 'until' ? number : Q[K] };
}

/** Events of the log: what stands in one and was sealed for another stays closed. Emergencies were looked at when they were folded. */
async function unsealRecords(sealer: Sealer, records: readonly StoredRecord[]): Promise<readonly AuditRecord[]> {
  return (await unsealAll(sealer, records.map(valuesInPlace))) as unknown as readonly AuditRecord[];
}

async function unsealAll(sealer: Sealer, documents: readonly object[]): Promise<readonly JsonObject[]> {
  if (documents.length === 0) return [];
  return (await sealer.unseal(documents as unknown as readonly JsonObject[])) as unknown as readonly JsonObject[];
}
