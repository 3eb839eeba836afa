import { setImmediate } from 'node:timers/promises';
import type { ChangeGroup } from '#adapters/sqlite-read-models/change-groups.ts';
import type { DigestRun } from '#adapters/sqlite-read-models/digest.ts';
import { openEngine } from '#adapters/sqlite-read-models/engine.ts';
import type { At } from '#adapters/sqlite-read-models/messages.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { Answers, Digest, Question, ReadModelSchema } from '#ports/read-model-store.ts';

/** A file of a read model as its store uses it: on this thread or on one of its own. */
export interface Connection {
  /** As it was when the file was opened. */
  readonly at: Partial<At>;
  commit(groups: readonly ChangeGroup[], at: At): Promise<void>;
  read(questions: readonly Question[]): Promise<Answers>;
  settle(): Promise<void>;
  /** Resolves once the moment is fixed. */
  digest(): Promise<{ readonly position: LogPosition | undefined; readonly result: Promise<Digest> }>;
  /** Answers what was asked, then lets go of the file. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** An empty name is a database that vanishes with the connection. */
  readonly file: string;
  readonly schema: ReadModelSchema;
  /** Much is to be put in before anybody asks, up to `settle`. */
  readonly bulk?: true;
}

/** How long a digest may keep others waiting, milliseconds. */
const digestStepMs = 4;

/** On this thread: for models with few rows, where a hop to another thread would cost more than the work. */
export async function connectHere({ file, schema, bulk }: ConnectionOptions): Promise<Connection> {
  const engine = openEngine(file, schema, bulk);
  const runs = new Set<DigestRun>();
  return {
    at: engine.at(),
    async commit(groups, at) {
      engine.commit(groups, at);
    },
    async read(questions) {
      return engine.read(questions);
    },
    async settle() {
      engine.settle();
    },
    async digest() {
      const run = engine.digest();
      runs.add(run);
      const result = finish(run).finally(() => runs.delete(run));
      result.catch(() => undefined);
      return { position: run.position, result };
    },
    async close() {
      for (const run of runs) run.end();
      engine.close();
    },
  };
}

/** Steps until it is done; others get their turn between the steps. */
async function finish(run: DigestRun): Promise<Digest> {
  try {
    for (;;) {
      const digest = run.step(digestStepMs);
      if (digest !== undefined) return digest;
      await setImmediate();
    }
  } catch (error) {
    run.end();
    throw error;
  }
}
