import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { installRuntime } from '#adapters/temporal/worker/runtime.ts';
import { cacheDir, quietLog, temporalIsRequired } from '#test/adapters/temporal/start-temporal.ts';
import { startTimeSkipping, timeSkippingEnvironment } from '#test/adapters/temporal/time-skipping.ts';
import { figures } from '#test/workflows/year/figures.ts';
import { simulate } from '#test/workflows/year/simulate.ts';
import { faultKinds } from '#test/workflows/year/weather.ts';
import { workflowsPath } from '#workflows/worker.ts';
import { obtainTimeSkippingServer } from '../../../tools/temporal/obtain-time-skipping.ts';

const interceptorModules = [fileURLToPath(new URL('./aligned-timers.ts', import.meta.url))];
const server = await obtainTimeSkippingServer({ cacheDir, onlyCached: !temporalIsRequired });
/** The whole year with `npm run test:year`; without it, some days with every fault in them. */
const days = Number(process.env['TOCSIN_TEST_YEAR_DAYS'] ?? '3');
const policies = Number(process.env['TOCSIN_TEST_YEAR_POLICIES'] ?? '2');
const seed = Number(process.env['TOCSIN_TEST_YEAR_SEED'] ?? '1');

describe.skipIf(!server.ok && !temporalIsRequired)(
  `staying subscribed (${server.ok ? `${days} days, seed ${seed}` : server.detail})`,
  () => {
    it(
      'survives all that goes wrong: no gap without a fault, nothing leaked, no limit broken',
      async () => {
        if (!server.ok) throw new Error(server.detail);
        installRuntime({ log: quietLog });
        const started = await startTimeSkipping(server.executable);
        onTestFinished(() => started.stop());
        const env = await timeSkippingEnvironment(started.address);
        onTestFinished(() => env.teardown());
        const { codePath } = await obtainBundle({ workflowsPath, interceptorModules, env: process.env, cacheDir });
        const certificate = await makeSelfSigned({ commonName: 'test', now: Date.now() });
        const year = await simulate({
          ...{ env, codePath, seed, days, policies, certificate },
          ...(process.env['TOCSIN_TEST_YEAR_PROGRESS'] === '1' && {
            onDay: (day: number) => void process.stderr.write(`day ${day}\n`),
          }),
        });

        const { calls } = year;
        if (process.env['TOCSIN_TEST_YEAR_PROGRESS'] === '1')
          process.stderr.write(`${figures(year, { days, policies, seed })}\n`);
        if (year.stories.length > 0) process.stderr.write(`${year.stories.join('\n\n')}\n`);

        expect(year.unexplained).toEqual([]);
        expect(year.recordedWithoutFault).toEqual([]);
        expect(year.notRecorded).toEqual([]);
        expect(year.absences.length).toBeGreaterThan(0);
        expect(year.absencesNotRecorded).toEqual([]);
        expect([calls.lost, calls.doubled, calls.lateUnexplained]).toEqual([[], [], []]);
        expect(calls.calls).toBeGreaterThanOrEqual(days * 5);
        expect(calls.emergencies).toBeGreaterThan(0);
        expect(year.lives).toBeGreaterThan(1);
        expect(year.lifecycleNotices).toBeGreaterThan(0);
        expect(year.violations).toEqual([]);
        expect(year.leaked).toEqual([]);
        expect(year.missing).toEqual([]);
        expect(year.longestHistory).toBeLessThan(10_000);
        expect(year.mostListCalls).toBeLessThanOrEqual(25);
        expect(year.mostOtherCalls).toBeLessThanOrEqual(500);
        expect(year.secrets.filter((name) => name.startsWith('subscription/'))).toHaveLength(policies + 1);
        expect(year.leaks).toEqual([]);
        expect(new Set(year.faults.map(({ kind }) => kind)).size).toBe(faultKinds);
      },
      Math.max(240_000, days * (10_000 + policies * 4_000)),
    );
  },
);
