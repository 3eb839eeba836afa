import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { evidenceRow } from '#cli/roles/evidence.ts';
import {
  type CheckpointedModels,
  type CheckpointReport,
  checkpointName,
  createCheckpoints,
  modelsOf,
} from '#cli/roles/evidence-checkpoints.ts';
import type { EvidenceStore, PutEvidenceResult } from '#ports/evidence.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-21T14:05:00Z');
const models: CheckpointedModels = { audit: { version: 2, position: '7', digest: 'aa', rows: 7 } };

/** Evidence in memory. `fails`: answers that come before it works. */
function storeOf(fails: PutEvidenceResult[] = []) {
  const kept = new Map<string, Uint8Array>();
  let puts = 0;
  const store: EvidenceStore = {
    async put(name, bytes) {
      puts++;
      const failure = fails.shift();
      if (failure !== undefined) return failure;
      if (kept.has(name)) return { ok: false, reason: 'conflict' };
      kept.set(name, bytes);
      return { ok: true, sha256: createHash('sha256').update(bytes).digest('hex'), already: false };
    },
    async read(name) {
      const bytes = kept.get(name);
      return bytes === undefined ? { ok: false, reason: 'not-found' } : { ok: true, bytes };
    },
    names: async () => ({ ok: true, names: [...kept.keys()] }),
  };
  return { store, kept, puts: () => puts };
}

/** Runs until so many reports were made. */
async function runUntil(
  reports: number,
  given: { readonly store: EvidenceStore; readonly models?: () => Promise<CheckpointedModels | undefined> },
) {
  const clock = createHurriedClock(start);
  const stop = new AbortController();
  const said: CheckpointReport[] = [];
  const checkpoints = createCheckpoints({
    ...{ store: given.store, models: given.models ?? (async () => models), clock, build: '1.2.3' },
    ids: { random: () => '', fraction: () => 0.5 },
    report(report) {
      said.push(report);
      if (said.length === reports) stop.abort();
    },
  });
  await checkpoints.run(stop.signal);
  return { said, state: checkpoints.state(), clock };
}

const away = { ok: false, reason: 'unavailable', detail: '503 ServerBusy' } as const;

describe('checkpoints of the record', () => {
  it('have names by the hour, that are paths without anything personal', () => {
    expect(checkpointName(start)).toBe('2026/11/21/14.json');
  });

  it('are put at the start and every hour, and say what the read models hold where', async () => {
    const { store, kept } = storeOf();
    const { state } = await runUntil(3, { store });
    expect([...kept.keys()]).toEqual(['2026/11/21/14.json', '2026/11/21/15.json', '2026/11/21/16.json']);
    expect(JSON.parse(new TextDecoder().decode(kept.get('2026/11/21/14.json')))).toEqual({
      ...{ format: 'tocsin-checkpoint/1', at: '2026-11-21T14:05:00.000Z', build: '1.2.3', readModels: models },
    });
    expect(modelsOf(kept.get('2026/11/21/14.json') ?? new Uint8Array())).toEqual(models);
    expect(state).toMatchObject({ kept: 3, last: { name: '2026/11/21/16.json' } });
    expect(evidenceRow(state, start)).toMatchObject({ state: 'ok', word: 'put every hour', figures: { put: '3' } });
  });

  it('wait until the read models are up to date', async () => {
    const answers = [undefined, undefined, models];
    const { store, kept } = storeOf();
    const { clock } = await runUntil(1, { store, models: async () => answers.shift() });
    expect([...kept.keys()]).toEqual(['2026/11/21/14.json']);
    expect(clock.now()).toBeGreaterThanOrEqual(start + 2000);
  });

  it('are tried again with the same bytes however long the storage is away, and the present hour follows', async () => {
    let made = 0;
    const { store, kept } = storeOf(Array.from({ length: 20 }, () => away));
    const { said, clock } = await runUntil(3, {
      store,
      models: async () => ({ audit: { version: 2, position: String(++made), digest: 'aa', rows: made } }),
    });
    // Said once, not twenty times.
    expect(said).toEqual([
      { kind: 'failed', name: '2026/11/21/14.json', reason: 'unavailable', detail: '503 ServerBusy' },
      expect.objectContaining({ kind: 'kept', name: '2026/11/21/14.json' }),
      expect.objectContaining({ kind: 'kept', name: checkpointName(clock.now()) }),
    ]);
    expect(modelsOf(kept.get('2026/11/21/14.json') ?? new Uint8Array())['audit']?.position).toBe('1');
    expect(clock.now() - start).toBeGreaterThan(hour);
  });

  it('show an outage as a warning, a long one as trouble, and what to do when access is denied', async () => {
    const denied = { ok: false, reason: 'access-denied', detail: '403' } as const;
    const { state } = await runUntil(2, { store: storeOf([away, denied]).store });
    const row = evidenceRow(state, start + 60_000);
    expect(row).toMatchObject({ state: 'warning', word: 'the evidence storage refuses us', since: expect.any(String) });
    expect(row.next).toContain('Storage Blob Data Contributor');
    expect(evidenceRow(state, start + 4 * hour).state).toBe('trouble');
    expect(evidenceRow({ kept: 0 }, start)).toMatchObject({ state: 'ok', word: 'the first one is being made' });
  });

  it('of another process that follows the same log are as good as ours', async () => {
    const { store, kept } = storeOf();
    await runUntil(1, { store });
    const { said, state } = await runUntil(1, { store });
    expect(said).toEqual([{ kind: 'kept', name: '2026/11/21/14.json', by: 'another' }]);
    expect(kept.size).toBe(1);
    expect(state.kept).toBe(0);
  });

  it.each([
    ['another place of the log', { position: '8' }, 0],
    ['another version of the read model', { version: 3 }, 0],
    ['the same place', {}, 1],
  ])('that say something else of %s', async (_, change, differing) => {
    const { store } = storeOf();
    await runUntil(1, { store });
    const { said, state } = await runUntil(1 + differing, {
      store,
      models: async () => ({
        audit: { ...models['audit'], version: 2, position: '7', rows: 7, ...change, digest: 'bb' },
      }),
    });
    expect(said.filter(({ kind }) => kind === 'differs')).toEqual(
      differing === 0 ? [] : [{ kind: 'differs', name: '2026/11/21/14.json', models: ['audit'] }],
    );
    expect(evidenceRow(state, start).state).toBe(differing === 0 ? 'ok' : 'trouble');
  });

  it('survive read models that cannot be read for a while', async () => {
    let tries = 0;
    const { store, kept } = storeOf();
    const { said } = await runUntil(2, {
      store,
      models: async () => {
        if (tries++ === 0) throw new Error('closed');
        return models;
      },
    });
    expect(said.map(({ kind }) => kind)).toEqual(['failed', 'kept']);
    expect(kept.size).toBe(1);
  });

  it('are taken for nothing when they are something else', () => {
    for (const text of [
      '',
      '[]',
      '{"format":"x"}',
      '{"format":"tocsin-checkpoint/1"}',
      '{"format":"tocsin-checkpoint/1","readModels":{"a":1}}',
    ])
      expect(modelsOf(new TextEncoder().encode(text))).toEqual({});
  });
});
