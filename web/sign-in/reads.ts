import { holdsPersons } from '#domain/access/events.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type {
  AuditFilter,
  AuditQuery,
  AuditReads,
  AuditRecord,
  DeskReads,
  EmergencyReads,
  EmergencyView,
} from '#web/desk-data.ts';
import type { AccessLog, DeskSignIn, Viewer } from '#web/sign-in/desk-sign-in.ts';

/**
 * What somebody may read: everything, each look on record; or the same without personal values, which is nobody's look. Without sign-in nobody is known
 * whose look it could be.
 */
export function readsFor(
  data: DeskReads,
  signIn: DeskSignIn | undefined,
  viewer: Viewer | undefined,
  over: ActedFrom,
): DeskReads {
  if (signIn === undefined) return data;
  // Nobody comes here without having passed the guard.
  if (viewer?.may.has('persons.see') !== true) return signIn.hidden;
  return {
    emergencies: recordedEmergencies(data.emergencies, signIn.access, viewer, over),
    audit: recordedAudit(data.audit, signIn.access, viewer, over),
  };
}

function recordedEmergencies(
  reads: EmergencyReads,
  access: AccessLog,
  { person }: Viewer,
  over: ActedFrom,
): EmergencyReads {
  const saw = ({ id }: EmergencyView) => access.record({ kind: 'emergency', person, over, emergency: id });
  return {
    async list(query) {
      const page = await reads.list(query);
      if (page.ok) for (const emergency of page.items) saw(emergency);
      return page;
    },
    async get(id) {
      const found = await reads.get(id);
      if (found !== undefined) saw(found.emergency);
      return found;
    },
    async open() {
      const open = await reads.open();
      for (const { emergency } of open.changes) saw(emergency);
      return open;
    },
    upTo: () => reads.upTo(),
    async changesAfter(position, limit) {
      const changes = await reads.changesAfter(position, limit);
      for (const { emergency } of changes) saw(emergency);
      return changes;
    },
    subscribe: (listener, onFailure) =>
      reads.subscribe((change) => {
        listener(change);
        saw(change.emergency);
      }, onFailure),
  };
}

function recordedAudit(reads: AuditReads, access: AccessLog, { person }: Viewer, over: ActedFrom): AuditReads {
  const saw = ({ stream }: AuditRecord) => {
    if (holdsPersons(stream)) access.record({ kind: 'record', person, over, stream });
  };
  const searched = ({ callerToken }: AuditFilter) => {
    if (callerToken !== undefined) access.record({ kind: 'search', person, over, callerToken });
  };
  return {
    async *page(query) {
      searched(query);
      // A page of the desk shows records to somebody; a program takes them away.
      if (over !== 'desk') access.record({ kind: 'export', person, over, filter: filterOf(query) });
      for await (const record of reads.page(query)) {
        if (over === 'desk') saw(record);
        yield record;
      }
    },
    async get(idOrPosition) {
      const found = await reads.get(idOrPosition);
      if (found !== undefined) saw(found.record);
      return found;
    },
    async counts(filter) {
      searched(filter);
      return reads.counts(filter);
    },
  };
}

/** What was asked for, without where it began: the pages of one export are one look. */
function filterOf(query: AuditQuery): Record<string, string> {
  const { stream, type, since, until, emergency, feed, callerToken } = query;
  return Object.fromEntries(
    Object.entries({ stream, type, since, until, emergency, feed, callerToken }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
