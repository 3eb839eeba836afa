import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchAttributeTypes } from '#adapters/temporal/search-attributes.ts';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { installRuntime } from '#adapters/temporal/worker/runtime.ts';
import {
  cacheDir,
  describeTemporal,
  quietLog,
  startTemporal,
  type TestTemporal,
} from '#test/adapters/temporal/start-temporal.ts';
import { keptHistory } from '#test/workflows/kept-history.ts';
import { oldSides } from '#test/workflows/old-sides.ts';
import { workflowsPath } from '#workflows/worker.ts';

const folder = new URL('histories/', import.meta.url);
const definitions = new URL('../../workflows/definitions/', import.meta.url);
const interceptorModules = [fileURLToPath(new URL('./taken-out-guard.ts', import.meta.url))];
const fileOf = (guard: string) => new URL(`without-${guard}.json`, folder);

/** What guards of the workflows' sources are called. */
function guardsOfSources(): readonly string[] {
  const sources = readdirSync(definitions).map((file) => readFileSync(new URL(file, definitions), 'utf8'));
  return [
    ...new Set(sources.flatMap((source) => [...source.matchAll(/patched\('([^']+)'\)/g)].map(([, id]) => id ?? ''))),
  ];
}

describe('a guard that keeps old histories replayable', () => {
  it.each(guardsOfSources())('%s, cannot be taken out: a history that needs it is kept', async (guard) => {
    installRuntime({ log: quietLog });
    const { codePath } = await obtainBundle({ workflowsPath, interceptorModules, env: process.env, cacheDir });
    const history = JSON.parse(readFileSync(fileOf(guard), 'utf8')) as unknown;
    const replayed: Record<string, string | undefined> = {};
    const options = { workflowBundle: { codePath }, interceptors: {} };
    for (const workflowId of ['as it is', `without ${guard}`])
      for await (const { error } of Worker.runReplayHistories(options, [{ workflowId, history }]))
        replayed[workflowId] = error?.name;
    expect(replayed).toEqual({ 'as it is': undefined, [`without ${guard}`]: 'DeterminismViolationError' });
  });
});

const isRecording = process.env['TOCSIN_TEST_RECORD_HISTORIES'] === '1';

if (isRecording) {
  let temporal: TestTemporal;
  describeTemporal('histories of builds before a guard', () => {
    beforeAll(async () => {
      temporal = await startTemporal({ searchAttributes: searchAttributeTypes });
    });
    afterAll(() => temporal.stop());

    it.each(Object.entries(oldSides))('are kept for %s', async (guard, live) => {
      if (existsSync(fileOf(guard))) return;
      writeFileSync(fileOf(guard), `${await keptHistory(await live(temporal))}\n`);
    });
  });
}
