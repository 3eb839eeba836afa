import { isDeepStrictEqual } from 'node:util';
import {
  isGrpcServiceError,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  ServiceError,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import type {
  EntityFilter,
  ListedEntity,
  VisibilityUnavailable,
  WorkflowSchedule,
  WorkflowVisibility,
} from '#ports/workflow-visibility.ts';
import type { TemporalConnection } from './connection.ts';
import { searchAttributeKeys } from './search-attributes.ts';

/** Milliseconds within which a schedule that was missed (Temporal was away) is made up for: once, because it never overlaps. */
const catchupMs = 60 * 60_000;

/** Lists, counts and schedules of a Temporal namespace. The connection needs the data converter of the workers. */
export function createWorkflowVisibility(temporal: TemporalConnection): WorkflowVisibility {
  const { workflow, schedule } = temporal.client;
  const fitting = async function* (filter: EntityFilter, pageSize: number) {
    for await (const found of workflow.list({ query: queryFor(filter), pageSize })) {
      const entity = toEntity(found);
      if (conditions(filter).every(([name, value]) => entity[name] === value)) yield entity;
    }
  };
  return {
    list: (filter, most) =>
      answered(async () => {
        const entities: ListedEntity[] = [];
        for await (const found of fitting(filter, Math.min(most + 1, 1_000))) {
          if (entities.length === most) return { ok: true, entities, more: true };
          entities.push(found);
        }
        return { ok: true, entities, more: false };
      }),
    count: (filter) =>
      answered(async () => {
        if (conditions(filter).every(isSafe))
          return { ok: true, count: (await workflow.count(queryFor(filter))).count };
        let count = 0;
        for await (const _ of fitting(filter, 1_000)) count += 1;
        return { ok: true, count };
      }),
    ensureSchedule: (wanted) =>
      answered(async () => {
        const options = toOptions(wanted);
        try {
          await schedule.create({ scheduleId: wanted.id, ...options });
          return { ok: true, changed: true };
        } catch (error) {
          if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        }
        const handle = schedule.getHandle(wanted.id);
        const present = await handle.describe();
        if (isSame(present, wanted)) return { ok: true, changed: false };
        await handle.update(({ state }) => ({ ...options, state }));
        return { ok: true, changed: true };
      }),
    removeSchedule: (id) =>
      answered(async () => {
        try {
          await schedule.getHandle(id).delete();
          return { ok: true, changed: true };
        } catch (error) {
          if (error instanceof ScheduleNotFoundError) return { ok: true, changed: false };
          throw error;
        }
      }),
  };
}

/** What the server cannot do now is an answer; a mistake of ours is thrown. */
async function answered<T>(ask: () => Promise<T>): Promise<T | VisibilityUnavailable> {
  try {
    return await ask();
  } catch (error) {
    const cause = error instanceof ServiceError ? error.cause : error;
    if (!isGrpcServiceError(cause) || invalid.includes(cause.code)) throw error;
    return { ok: false, reason: 'unavailable', detail: cause.details };
  }
}

/** gRPC: INVALID_ARGUMENT, UNIMPLEMENTED. */
const invalid = [3, 12];

type Condition = readonly [(typeof filtered)[number], string];

const filtered = ['kind', 'state', 'feed', 'policy'] as const;

function conditions(filter: EntityFilter): readonly Condition[] {
  return filtered.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** Servers put values into SQL without quoting them: with other characters they answer wrongly, or do what the value says. */
function isSafe([, value]: Condition): boolean {
  return /^[\w .:@/+-]*$/.test(value);
}

function queryFor(filter: EntityFilter): string {
  const parts = conditions(filter)
    .filter(isSafe)
    .map(([name, value]) => `${searchAttributeKeys[name].name} = "${value}"`);
  return ['ExecutionStatus = "Running"', ...parts].join(' AND ');
}

function toEntity({ workflowId, type, startTime, typedSearchAttributes: found }: WorkflowExecutionInfo): ListedEntity {
  const texts = filtered.flatMap((name) => {
    const value = found.get(searchAttributeKeys[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  const expiresAt = found.get(searchAttributeKeys.expiresAt)?.getTime();
  return {
    workflowId,
    type,
    startedAt: startTime.getTime(),
    ...Object.fromEntries(texts),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function toOptions({ everyMs, offsetMs = 0, workflow }: WorkflowSchedule) {
  return {
    spec: { intervals: [{ every: everyMs, offset: offsetMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflow.type,
      workflowId: workflow.workflowId,
      taskQueue: workflow.taskQueue,
      args: [...workflow.args],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs },
  };
}

function isSame({ spec, action }: ScheduleDescription, { everyMs, offsetMs = 0, workflow }: WorkflowSchedule): boolean {
  const [interval, ...others] = spec.intervals ?? [];
  return (
    others.length === 0 &&
    interval?.every === everyMs &&
    interval.offset === offsetMs &&
    action.type === 'startWorkflow' &&
    action.workflowType === workflow.type &&
    action.workflowId === workflow.workflowId &&
    action.taskQueue === workflow.taskQueue &&
    isDeepStrictEqual(action.args ?? [], [...workflow.args])
  );
}
