import { appendFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Context } from '@temporalio/activity';
import { systemClock } from '#adapters/system/clock.ts';
import { runWorker } from '#adapters/temporal/worker-host.ts';
import type { Armed, KillPoint } from '#test/workflows/kills/kill-points.ts';
import { openTenant, type Places } from '#test/workflows/kills/tenant.ts';
import { createActivities } from '#workflows/activities/create-activities.ts';
import { taskQueue } from '#workflows/contract.ts';
import { workflowsPath } from '#workflows/worker.ts';

/** What such a process is told: where everything is, and later only where it is to die. */
export interface Doom {
  readonly armed: Armed;
  readonly work?: {
    readonly places: Places;
    readonly cacheDir: string;
    /** A line for each death: the last that is heard of it. */
    readonly deathsFile: string;
    /** Module of the interceptors within workflows. */
    readonly interceptors: string;
  };
}

let doom: Doom = { armed: {} };
let deathsFile = '';

process.on('message', async (told: Doom) => {
  doom = told;
  if (told.work === undefined) return;
  const { places, cacheDir, interceptors } = told.work;
  deathsFile = told.work.deathsFile;
  const host = runWorker({
    ...{ target: places.temporal, taskQueue, cacheDir, env: process.env, clock: systemClock },
    workflows: { path: workflowsPath, interceptorModules: [interceptors] },
    activities: mortal(createActivities(await openTenant(places))),
    // Nothing waits long for a worker that is dead.
    stickyMs: 500,
    log: { debug() {}, info() {}, warn: say, error: say },
    signal: new AbortController().signal,
  });
  await host.done;
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
flushCompileCache();
process.send?.('ready');

/** For who asks why a worker ended by itself. */
function say(fields: object, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}

/** Activities around which the process dies where it is told to. */
function mortal(activities: object): object {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [
      name,
      async (input: unknown) => {
        const step = Context.current().info.isLocal ? `${name} in a step` : name;
        dieAt(`before ${step}`, input);
        const result: unknown = await activity(input);
        // What was only tried has changed nothing.
        if ((result as { readonly ok?: boolean } | undefined)?.ok !== false) dieAt(`after ${step}`, input);
        return result;
      },
    ]),
  );
}

function dieAt(point: KillPoint, input: unknown): void {
  const armed = doom.armed[point];
  if (armed === undefined || !JSON.stringify(input).includes(armed.when ?? '')) return;
  appendFileSync(deathsFile, `${point}\n`);
  process.kill(process.pid, 'SIGKILL');
}
