import { isJsonObject, type Json } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EvidenceFailure, EvidenceStore } from '#ports/evidence.ts';
import type { Ids } from '#ports/ids.ts';

/** What one read model holds at one place of the log. */
export interface CheckpointedModel {
  /** Of its tables: digests of two versions have nothing to say to each other. */
  readonly version: number;
  /** Absent where nothing was read yet. */
  readonly position?: string;
  /** SHA-256, lower-case hexadecimal: `tocsin audit replay` folds the log to the same. */
  readonly digest: string;
  readonly rows: number;
}

/** By the name of the read model. */
export type CheckpointedModels = Readonly<Record<string, CheckpointedModel>>;

export interface CheckpointsDeps {
  readonly store: EvidenceStore;
  /** Undefined while the read models still catch up. May throw: it is tried again. */
  readonly models: () => Promise<CheckpointedModels | undefined>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly build: string;
  /** Told of everything that changes; must not throw. */
  readonly report?: (report: CheckpointReport) => void;
}

/** Nothing personal in it. */
export type CheckpointReport =
  /** `by`: another process that follows the same log, or this one before it was restarted. */
  | { readonly kind: 'kept'; readonly name: string; readonly sha256?: string; readonly by: 'us' | 'another' }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: Failing['reason']; readonly detail: string }
  | { readonly kind: 'differs'; readonly name: string; readonly models: readonly string[] };

/** Times are milliseconds since 1970 UTC. */
export interface CheckpointsState {
  readonly kept: number;
  readonly last?: { readonly name: string; readonly at: number };
  readonly failing?: Failing;
  /** A checkpoint of the same place of the log that says something else: one of two read models is not what the log says. */
  readonly differs?: { readonly name: string; readonly at: number; readonly models: readonly string[] };
}

export interface Failing {
  readonly since: number;
  readonly reason: EvidenceFailure['reason'] | 'read-models';
}

export interface Checkpoints {
  /** Puts one at the start and every hour until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  state(): CheckpointsState;
}

const hourMs = 3_600_000;
/** Several desks do not come at once, and the busy first second of an hour is left alone. */
const spreadMs = 120_000;
const catchUpMs = 1_000;
const firstDelayMs = 5_000;
const longestDelayMs = 600_000;

/** `2026/11/21/18.json`: one for each hour, UTC. @param at milliseconds since 1970 UTC */
export function checkpointName(at: number): string {
  return `${new Date(at).toISOString().slice(0, 13).replaceAll('-', '/').replace('T', '/')}.json`;
}

/**
 * Checkpoints of the record: what the read models hold, and at which place of the log, put where nobody can change it afterwards. Whoever rewrites the log
 * and the read models later cannot make them fold to the same. It is no proof by itself: it is not signed, and what was written since the last one is not in it.
 */
export function createCheckpoints(deps: CheckpointsDeps): Checkpoints {
  const { store, clock, ids, report = () => undefined } = deps;
  let state: CheckpointsState = { kept: 0 };

  /** The one of this hour; undefined when the signal was aborted before the read models were up to date. */
  async function make(signal: AbortSignal): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const models = await deps.models();
        if (models !== undefined) {
          const at = clock.now();
          return { name: checkpointName(at), bytes: encode({ at, build: deps.build, models }) };
        }
        await clock.sleep(catchUpMs, signal);
      } catch (error) {
        fail(checkpointName(clock.now()), 'read-models', error instanceof Error ? error.message : 'failed');
        await pause(tries, signal);
      }
    }
    return undefined;
  }

  /** The same bytes again and again, however long the storage is away: what stood when it went is worth keeping. */
  async function put(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      const result = await store.put(name, bytes, { mediaType: 'application/json' });
      if (result.ok) return kept(name, 'us', result.sha256);
      if (result.reason !== 'conflict') fail(name, result.reason, result.detail);
      else {
        const other = await store.read(name);
        if (other.ok) return compare(name, bytes, other.bytes);
        if (other.reason !== 'not-found') fail(name, other.reason, other.detail);
      }
      await pause(tries, signal);
    }
  }

  function compare(name: string, ours: Uint8Array, theirs: Uint8Array): void {
    const models = differing(modelsOf(ours), modelsOf(theirs));
    kept(name, 'another');
    if (models.length === 0) return;
    state = { ...state, differs: { name, models, at: clock.now() } };
    report({ kind: 'differs', name, models });
  }

  function kept(name: string, by: 'us' | 'another', sha256?: string): void {
    const { failing: _, ...rest } = state;
    state = { ...rest, kept: state.kept + (by === 'us' ? 1 : 0), last: { name, at: clock.now() } };
    report({ kind: 'kept', name, by, ...(sha256 === undefined ? {} : { sha256 }) });
  }

  function fail(name: string, reason: Failing['reason'], detail: string): void {
    // Said once, and again when it is something else.
    if (state.failing?.reason !== reason) report({ kind: 'failed', name, reason, detail });
    state = { ...state, failing: { since: state.failing?.since ?? clock.now(), reason } };
  }

  async function pause(tries: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(Math.min(longestDelayMs, firstDelayMs * 2 ** tries) * (0.5 + ids.fraction() / 2), signal);
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        const made = await make(signal);
        if (made !== undefined) await put(made.name, made.bytes, signal);
        const now = clock.now();
        // After an outage the one of this hour is not there yet.
        if (made !== undefined && made.name !== checkpointName(now)) continue;
        await clock.sleep(hourMs - (now % hourMs) + ids.fraction() * spreadMs, signal);
      }
    },
    state: () => state,
  };
}

function encode(checkpoint: { readonly at: number; readonly build: string; readonly models: CheckpointedModels }) {
  const { at, build, models } = checkpoint;
  const document = { format: 'tocsin-checkpoint/1', at: new Date(at).toISOString(), build, readModels: models };
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** What a checkpoint says of the read models; what is no checkpoint says nothing. */
export function modelsOf(bytes: Uint8Array): CheckpointedModels {
  let parsed: Json;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
  if (!isJsonObject(parsed) || parsed['format'] !== 'tocsin-checkpoint/1') return {};
  const { readModels } = parsed;
  if (readModels === undefined || !isJsonObject(readModels)) return {};
  const models: Record<string, CheckpointedModel> = {};
  for (const [name, model] of Object.entries(readModels)) {
    if (model === undefined || !isJsonObject(model)) continue;
    const { version, position, digest, rows } = model;
    if (typeof version !== 'number' || typeof digest !== 'string') continue;
    models[name] = {
      ...{ version, digest, rows: typeof rows === 'number' ? rows : 0 },
      ...(typeof position === 'string' ? { position } : {}),
    };
  }
  return models;
}

/** Read models that are of the same version and at the same place, and hold something else. */
function differing(ours: CheckpointedModels, theirs: CheckpointedModels): readonly string[] {
  return Object.entries(ours).flatMap(([name, { version, position, digest }]) => {
    const other = theirs[name];
    const same = other !== undefined && other.version === version && other.position === position;
    return same && other.digest !== digest ? [name] : [];
  });
}
