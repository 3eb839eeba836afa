import { condition, workflowInfo } from '@temporalio/workflow';
import type { JsonObject } from '#kernel/json.ts';
import { streamOf } from '#workflows/contract.ts';
import { type Decision, record } from '#workflows/definitions/activities.ts';

/** What waits to be put on record, carried from run to run. */
export interface OutboxState {
  /** Of all types together; what builds before this one numbered by. */
  readonly seq: number;
  readonly waiting: readonly Decision[];
}

/** Decisions on their way to the log: nobody waits for the log, and what was decided while it was away is on record as soon as it is back. */
export interface Outbox {
  add(type: string, data: JsonObject): void;
  /** Brings them to the log until the run ends. */
  run(): Promise<void>;
  /** Resolves when all of them are on record. */
  drained(): Promise<void>;
  /** The same, but gives up after a while; true when nothing waits. */
  settled(): Promise<boolean>;
  state(): OutboxState;
}

const batchSize = 50;
const settleMs = 10_000;
/** While the log is away for weeks, repeated renewals are forgotten rather than let the state grow too large for Temporal (2 MB). */
const mostWaiting = 1_000;
const expendable = 'SubscriptionRenewed';

export function createOutbox(carried: OutboxState = { seq: 0, waiting: [] }): Outbox {
  const { workflowId, runId } = workflowInfo();
  const stream = streamOf(workflowId);
  // Each type is numbered for itself: a step that was lost with its worker may decide something else first when it is done again, as a signal came meanwhile, and what it
  // had put on record already keeps its id. The name sets these ids apart from those of a run that began with other numbers.
  const run = `by type ${runId}`;
  const counts = new Map<string, number>();
  let { seq } = carried;
  const waiting = [...carried.waiting];

  return {
    add(type, data) {
      seq++;
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      waiting.push({ run, seq: count, at: Date.now(), type, data });
      if (waiting.length <= mostWaiting) return;
      const first = waiting.findIndex((each, index) => index >= batchSize && each.type === expendable);
      if (first >= 0) waiting.splice(first, 1);
    },
    async run() {
      for (;;) {
        await condition(() => waiting.length > 0);
        const decisions = waiting.slice(0, batchSize);
        await record(`put on record: ${decisions.map(({ type }) => type).join(', ')}`, { stream, decisions });
        waiting.splice(0, decisions.length);
      }
    },
    drained: () => condition(() => waiting.length === 0),
    settled: () => condition(() => waiting.length === 0, settleMs, { summary: 'until all is on record' }),
    state: () => ({ seq, waiting: [...waiting] }),
  };
}
