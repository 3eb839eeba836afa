import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { ReadModelFiles } from '#ports/read-model-store.ts';
import { auditProjection } from '#projections/audit/projection.ts';
import { type AuditQueries, createAuditQueries } from '#projections/audit/queries.ts';
import { emergenciesProjection } from '#projections/emergencies/projection.ts';
import { createEmergencyQueries, type EmergencyQueries } from '#projections/emergencies/queries.ts';
import { healthProjection } from '#projections/health/projection.ts';
import { createHealthQueries, type HealthQueries } from '#projections/health/queries.ts';
import { createReadModel, type ReadModel, type ReadModelReport, type ReadModelState } from '#projections/read-model.ts';
import type { DigestAt, Rebuilt } from '#projections/rebuild.ts';
import { watchProjection } from '#projections/watch/projection.ts';
import { createWatchQueries, type WatchQueries } from '#projections/watch/queries.ts';

export const readModelNames = ['emergencies', 'audit', 'health', 'watch'] as const;
export type ReadModelName = (typeof readModelNames)[number];

export const projections = {
  emergencies: emergenciesProjection,
  audit: auditProjection,
  health: healthProjection,
  watch: watchProjection,
} as const;

export interface ReadModelsDeps {
  readonly log: Pick<EventLog, 'subscribe' | 'readAll' | 'readStream'>;
  readonly stores: ReadModelFiles;
  readonly clock: Clock;
  /** Told what operators should know; must not throw. */
  readonly onReport?: (report: ReadModelReport) => void;
}

/** What is known from the log, for people to look at (architecture 3.12). */
export interface ReadModels {
  /** Follows the log until the signal is aborted; whatever fails is tried again. Queries are answered before and after it too. */
  run(signal: AbortSignal): Promise<void>;
  readonly emergencies: EmergencyQueries;
  readonly audit: AuditQueries;
  readonly health: HealthQueries;
  readonly watch: WatchQueries;
  states(): readonly ({ readonly name: ReadModelName } & ReadModelState)[];
  digest(name: ReadModelName): Promise<{ readonly name: ReadModelName } & DigestAt>;
  /**
   * Folds one from the log's first event while the old one serves, then puts it in its place without an outage.
   * @throws when it could not be done; then the old one serves on
   */
  rebuild(name: ReadModelName, onProgress?: (events: number) => void): Promise<Rebuilt>;
  /** Lets go of the files; a rebuild that is under way is given up, and whoever follows the log ends. */
  close(): Promise<void>;
}

/** Read models over a log. Files are opened when they are first needed. */
export function createReadModels({ log, stores, clock, onReport }: ReadModelsDeps): ReadModels {
  const model = (name: ReadModelName): ReadModel =>
    createReadModel({
      ...{ projection: projections[name], log, stores, clock },
      onReport: (report) => onReport?.(report),
    });
  const models = {
    ...{ emergencies: model('emergencies'), audit: model('audit'), health: model('health'), watch: model('watch') },
  };
  const { emergencies, audit, health, watch } = models;
  return {
    async run(signal) {
      await Promise.all(readModelNames.map((name) => models[name].run(signal)));
    },
    emergencies: createEmergencyQueries(emergencies.store, emergencies.onCommitted, emergencies.onReplaced),
    audit: createAuditQueries(audit.store),
    health: createHealthQueries(health.store),
    watch: createWatchQueries(watch.store),
    states: () => readModelNames.map((name) => ({ name, ...models[name].state() })),
    digest: async (name) => ({ name, ...(await models[name].digest()) }),
    rebuild: (name, onProgress) => models[name].rebuild(onProgress),
    async close() {
      await Promise.all(readModelNames.map((name) => models[name].close()));
    },
  };
}
