import type { RunContext } from '#cli/roles/context.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { quarantineStream, type RepublishOutcome, republishOutcomes } from '#domain/quarantine/events.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { LogPosition } from '#ports/event-log.ts';
import { requestRepublishing } from '#processor/acts/republish.ts';
import type { AuditQueries, StoredRecord } from '#projections/audit/queries.ts';
import { mostQuarantined, type Quarantine, type QuarantinedView } from '#web/quarantine.ts';

/** Types of events that keep what nobody could read. */
const types = ['tocsin.undecodable', 'tocsin.unrecognised', 'tocsin.undecryptable', 'tocsin.suspicious'];
const dayMs = 86_400_000;
/** So many records are looked at for one page: only some of the suspicious ones keep anything. */
const mostLookedAt = 5 * mostQuarantined;

/** What lies in quarantine, by the audit trail, and how to have it published again. */
export function createQuarantine(context: RunContext, shared: Shared, audit: () => AuditQueries): Quarantine {
  const { clock, ids, settings } = context;
  const keptMs = (settings.quarantineDays + 1) * dayMs;

  async function stateOf(record: StoredRecord, box: string, readableUntil: number): Promise<QuarantinedView['state']> {
    for await (const { type, data } of audit().page({
      stream: quarantineStream(record.id),
      order: 'newest',
      limit: 1,
    })) {
      if (type === 'RepublishingRequested') return 'requested';
      const outcome = republishOutcomes.find((each): each is RepublishOutcome => each === data['outcome']);
      if (outcome !== undefined) return outcome;
    }
    return box === '' || readableUntil <= clock.now() ? 'gone' : 'kept';
  }

  async function view(record: StoredRecord): Promise<QuarantinedView | undefined> {
    const inner = isJsonObject(record.data['data']) ? record.data['data'] : {};
    const { quarantine, why, undecryptable, bytes } = inner;
    if (!isJsonObject(quarantine) || typeof quarantine['day'] !== 'string') return undefined;
    const until = Date.parse(quarantine['day']) + keptMs;
    if (Number.isNaN(until)) return undefined;
    return {
      ...{ id: record.id, recordedAt: record.recordedAt, type: record.type, stream: record.stream },
      why: typeof why === 'string' ? why : typeof undecryptable === 'string' ? undecryptable : 'unknown',
      partition: partitionOf(record.metadata),
      ...(typeof bytes === 'number' ? { bytes } : {}),
      readableUntil: new Date(until).toISOString(),
      state: await stateOf(record, String(quarantine['box'] ?? ''), until),
    };
  }

  return {
    async list(before) {
      const items: QuarantinedView[] = [];
      let looked = 0;
      for await (const record of newestOf(audit(), before)) {
        const item = await view(record);
        if (item !== undefined) items.push(item);
        looked += 1;
        if (items.length === mostQuarantined || looked === mostLookedAt) return { items, next: record.position };
      }
      return { items };
    },
    async publish(id, act) {
      const detail = await audit().get(id);
      const item = detail === undefined || detail.record.id !== id ? undefined : await view(detail.record);
      if (detail === undefined || item === undefined) return { ok: false, reason: 'not-found' };
      if (Date.parse(item.readableUntil) <= clock.now() || item.state === 'gone' || item.state === 'destroyed')
        return {
          ok: false,
          reason: 'refused',
          detail: `Its bytes were kept until ${item.readableUntil}, and are gone.`,
        };
      const { eventLog: log, sealer, keyStore } = shared;
      const recordedBy = context.recordedBy('desk');
      const asked = await requestRepublishing({ log, sealer, keyStore, clock, ids, recordedBy }, detail.record, act);
      if (asked.ok) return asked;
      return asked.reason === 'needless'
        ? { ok: false, reason: 'refused', detail: 'It was asked for already; the role `resolve` has not done it yet.' }
        : asked;
    },
  };
}

/** Records of all types together, against the order of the log. */
async function* newestOf(audit: AuditQueries, before: LogPosition | undefined): AsyncGenerator<StoredRecord> {
  const from = before === undefined ? {} : { after: before };
  const pages = types.map((type) =>
    audit.page({ type, order: 'newest', limit: mostLookedAt, ...from })[Symbol.asyncIterator](),
  );
  const heads = await Promise.all(pages.map((page) => page.next()));
  try {
    for (;;) {
      let newest = -1;
      for (const [i, head] of heads.entries())
        if (head.done !== true && head.value.position > (heads[newest]?.value?.position ?? '')) newest = i;
      const [page, head] = [pages[newest], heads[newest]];
      if (page === undefined || head === undefined || head.done === true) return;
      heads[newest] = await page.next();
      yield head.value;
    }
  } finally {
    for (const page of pages) await page.return?.();
  }
}

function partitionOf(metadata: JsonObject): string {
  return typeof metadata['partition'] === 'string' ? metadata['partition'] : '';
}
