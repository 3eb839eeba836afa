import type { EntityFilter, ListedEntity, WorkflowSchedule, WorkflowVisibility } from '#ports/workflow-visibility.ts';

export interface FakeVisibilityDeps {
  /** All running entities, as the test knows them. */
  readonly entities: () => readonly ListedEntity[] | Promise<readonly ListedEntity[]>;
  /** Milliseconds since 1970, of the engine that skips time. */
  readonly now: () => number;
  /** Starts what a schedule wants started. `workflowId` has the time in it. */
  readonly start: (workflow: WorkflowSchedule['workflow']) => Promise<void>;
}

/** For engines without lists and schedules: what is due is started when the test says so, once, however long ago it was due. */
export interface FakeVisibility extends WorkflowVisibility {
  /** Starts all that has become due since the last call; answers how many. */
  runDue(): Promise<number>;
  schedules(): readonly WorkflowSchedule[];
}

export function createFakeVisibility({ entities, now, start }: FakeVisibilityDeps): FakeVisibility {
  const schedules = new Map<string, { readonly schedule: WorkflowSchedule; last: number }>();
  const turn = ({ everyMs, offsetMs = 0 }: WorkflowSchedule) => Math.floor((now() - offsetMs) / everyMs);
  const fitting = async (filter: EntityFilter) =>
    (await entities()).filter((entity) =>
      (['kind', 'state', 'feed', 'policy'] as const).every(
        (name) => filter[name] === undefined || filter[name] === entity[name],
      ),
    );
  return {
    async list(filter, most) {
      const found = await fitting(filter);
      return { ok: true, entities: found.slice(0, most), more: found.length > most };
    },
    count: async (filter) => ({ ok: true, count: (await fitting(filter)).length }),
    async ensureSchedule(schedule) {
      const changed = JSON.stringify(schedules.get(schedule.id)?.schedule) !== JSON.stringify(schedule);
      if (changed) schedules.set(schedule.id, { schedule, last: turn(schedule) });
      return { ok: true, changed };
    },
    removeSchedule: async (id) => ({ ok: true, changed: schedules.delete(id) }),
    async runDue() {
      let started = 0;
      for (const entry of schedules.values()) {
        const { workflow } = entry.schedule;
        const present = turn(entry.schedule);
        if (present <= entry.last) continue;
        entry.last = present;
        started += 1;
        await start({ ...workflow, workflowId: `${workflow.workflowId}-${new Date(now()).toISOString()}` });
      }
      return started;
    },
    schedules: () => [...schedules.values()].map(({ schedule }) => schedule),
  };
}
