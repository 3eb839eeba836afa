import type { Digest } from '#ports/read-model-store.ts';
import type { AuditCounts, AuditDetail, AuditDocument, AuditFilter, AuditQuery } from '#projections/audit/document.ts';
import { auditProjection } from '#projections/audit/projection.ts';
import { auditCounts, auditDetail, auditPage, emergencyStory } from '#projections/audit/queries.ts';
import type { EmergencyChangeRow, EmergencyDocument } from '#projections/emergencies/document.ts';
import { emergenciesProjection } from '#projections/emergencies/projection.ts';
import * as emergencies from '#projections/emergencies/queries.ts';
import { healthProjection } from '#projections/health/projection.ts';
import * as health from '#projections/health/queries.ts';
import type { Projection } from '#projections/projection.ts';
import {
  createProjector,
  type ProjectionState,
  type ProjectorDeps,
  type RebuildProgress,
  type RebuildResult,
} from '#projections/projector.ts';

export const projectionNames = ['emergencies', 'audit', 'health'] as const;
export type ProjectionName = (typeof projectionNames)[number];

/** Every read model there is, by name. */
export const projections: Readonly<Record<ProjectionName, Projection>> = {
  emergencies: emergenciesProjection,
  audit: auditProjection,
  health: healthProjection,
};

/** The read models of a desk, with everything that is asked of them. Personal values in answers are still sealed. */
export interface ReadModels {
  /** Keeps all of them up to the log until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  readonly emergencies: {
    list(
      query: emergencies.EmergencyQuery,
    ): Promise<({ readonly ok: true } & emergencies.EmergencyPage) | emergencies.UnknownCursor>;
    get(id: string): Promise<EmergencyDocument | undefined>;
    open(): ReturnType<typeof emergencies.openEmergencies>;
    changesAfter(position: string, limit: number): Promise<readonly EmergencyChangeRow[]>;
    /** The board as it was; milliseconds since 1970 UTC. */
    at(time: number): Promise<readonly EmergencyDocument[]>;
    /** @param since milliseconds since 1970 UTC */
    counts(since: number): Promise<emergencies.EmergencyCounts>;
    /** Told of every change in log order, once it can be read; does not wait and must not throw. Returns how to end it. */
    subscribe(listener: (change: EmergencyChangeRow) => void): () => void;
  };
  readonly audit: {
    page(query: AuditQuery): AsyncIterable<AuditDocument>;
    get(idOrPosition: string): Promise<AuditDetail | undefined>;
    counts(filter: AuditFilter): Promise<AuditCounts>;
    /** The events of an emergency's stream. */
    story(emergencyId: string): Promise<readonly AuditDocument[]>;
  };
  readonly health: {
    feeds(): Promise<readonly health.FeedHealth[]>;
    counters(): Promise<health.NoticeCounters>;
    referred(): Promise<health.ReferredHealth>;
    counts(): Promise<readonly health.NoticeCount[]>;
  };
  states(): readonly ProjectionState[];
  digest(name: ProjectionName): Promise<Digest>;
  rebuild(name: ProjectionName, onProgress?: (progress: RebuildProgress) => void): Promise<RebuildResult>;
}

export function createReadModels(deps: ProjectorDeps): ReadModels {
  const all = {
    emergencies: createProjector(deps, projections.emergencies),
    audit: createProjector(deps, projections.audit),
    health: createProjector(deps, projections.health),
  } as const;
  const board = all.emergencies.rows;
  const records = all.audit.rows;
  const figures = all.health.rows;
  return {
    async run(signal) {
      await Promise.all(projectionNames.map((name) => all[name].run(signal)));
    },
    emergencies: {
      list: (query) => emergencies.listEmergencies(board, query),
      get: (id) => emergencies.getEmergency(board, id),
      open: () => emergencies.openEmergencies(board),
      changesAfter: (position, limit) => emergencies.changesAfter(board, position, limit),
      at: (time) => emergencies.emergenciesAt(board, time),
      counts: (since) => emergencies.countEmergencies(board, since),
      subscribe: (listener) =>
        all.emergencies.onCommitted((commit) => {
          for (const change of emergencies.changesIn(commit)) listener(change);
        }),
    },
    audit: {
      page: (query) => auditPage(records, query),
      get: (idOrPosition) => auditDetail(records, idOrPosition),
      counts: (filter) => auditCounts(records, filter),
      story: (emergencyId) => emergencyStory(records, emergencyId),
    },
    health: {
      feeds: () => health.feedHealth(figures),
      counters: () => health.noticeCounters(figures),
      referred: () => health.referredHealth(figures),
      counts: () => health.noticeCounts(figures),
    },
    states: () => projectionNames.map((name) => all[name].state()),
    digest: (name) => all[name].digest(),
    rebuild: (name, onProgress) => all[name].rebuild(onProgress),
  };
}
