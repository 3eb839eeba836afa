import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSqliteEventLog, type SqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { createReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { emergencyStream } from '#domain/names.ts';
import type { EventLog, NewEvent } from '#ports/event-log.ts';
import { isWanted, type Projection } from '#projections/projection.ts';
import type { ReadModelReport } from '#projections/read-model.ts';
import { createReadModels, projections, type ReadModels, readModelNames } from '#projections/read-models.ts';
import { act } from '#test/projections/recorded.ts';
import { callReport, inboxEvent, reported } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

export interface Place {
  readonly folder: string;
  readonly logFile: string;
  readonly log: SqliteEventLog;
}

/** A log in a folder of its own. */
export async function place(): Promise<Place> {
  const folder = temporaryFolder();
  const logFile = join(folder, 'log.db');
  const log = await createSqliteEventLog({ file: logFile, clock: systemClock });
  onTestFinished(() => log.close());
  return { folder: join(folder, 'read-models'), logFile, log };
}

export interface Running {
  readonly models: ReadModels;
  readonly reports: readonly ReadModelReport[];
  /** Until everything that is in the log is in all of them. */
  level(): Promise<void>;
  stop(): Promise<void>;
}

export function start({ folder, log }: Pick<Place, 'folder'> & { readonly log: EventLog }): Running {
  const reports: ReadModelReport[] = [];
  const models = createReadModels({
    ...{ log, stores: createReadModelFiles({ folder }), clock: systemClock },
    onReport: (report) => reports.push(report),
  });
  const ending = new AbortController();
  const ended = models.run(ending.signal);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      ending.abort();
      await ended;
      await models.close();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return {
    ...{ models, reports, stop },
    async level() {
      const stored = await log.readAll({ direction: 'forwards', limit: 100_000 });
      if (!stored.ok) throw new Error(stored.detail);
      await eventually('the read models are level with the log', () =>
        models.states().every(({ name, caughtUp, position = '' }) => {
          const { filter } = projections[name] as Projection;
          return caughtUp && position >= (stored.events.findLast((event) => isWanted(filter, event))?.position ?? '');
        }),
      );
    },
  };
}

let calls = 0;

/** Appends chatter and a notice, the emergency that is raised of it, and what somebody did. */
export async function happen({ log }: Pick<Place, 'log'>, chatter = 3): Promise<string> {
  const report = reported({ ...callReport({ call: `call-${calls++}` }) });
  const { noticeId: _, receivedAt, ...call } = report;
  const notice = inboxEvent(call, { enqueuedAt: receivedAt });
  await append(log, 'inbox-hub-0', ...Array.from({ length: chatter }, () => inboxEvent()), notice);
  await append(
    log,
    emergencyStream(report.emergencyId),
    { ...notice, ...act.raised({ ...report, noticeId: notice.id }), id: crypto.randomUUID() },
    { ...notice, ...act.acknowledged(), id: crypto.randomUUID() },
  );
  return report.emergencyId;
}

async function append({ append, readStream }: SqliteEventLog, stream: string, ...events: readonly NewEvent[]) {
  const last = await readStream(stream, { direction: 'backwards', limit: 1 });
  const revision = last.ok ? last.events[0]?.revision : undefined;
  const result = await append(stream, revision ?? 'no-stream', events);
  if (!result.ok) throw new Error(result.reason);
}

export async function digests(models: ReadModels): Promise<readonly string[]> {
  return Promise.all(readModelNames.map(async (name) => (await models.digest(name)).digest));
}
