import type { NativeConnection } from '@temporalio/worker';
import type { Clock } from '#ports/clock.ts';
import { delayBefore } from '../backoff.ts';
import type { TemporalConnection, TemporalTarget } from '../connection.ts';
import { messageOf, type TemporalLog } from '../log.ts';
import { currentBuild, type Deployment, makeCurrent } from './deployment.ts';
import { lastAsked } from './last-asked.ts';
import { createVigil, type Presence } from './vigil.ts';

export interface ControlDeps {
  readonly temporal: TemporalConnection;
  readonly native: Pick<NativeConnection, 'setApiKey'>;
  readonly target: TemporalTarget;
  /** Absent for an unversioned worker. */
  readonly build?: Deployment;
  readonly taskQueue: string;
  readonly identity: string;
  /** Kept for as long as the process wants a worker. */
  readonly memory: { wasCurrent: boolean };
  readonly clock: Clock;
  readonly log: TemporalLog;
  readonly set: (state: { readonly state: 'connecting' | 'running' | 'stalled'; readonly detail: string }) => void;
}

/** Milliseconds between two looks at the server. */
const everyMs = 5_000;
const answerMs = 3_000;
const backoff = { first: 100, most: 2_000 };

/** What has to be done beside a worker: nothing runs until its build is current, and it does not say by itself that its server went away. */
export function createControl(deps: ControlDeps): { run(ended: AbortSignal): Promise<void> } {
  const { temporal, native, target, build, taskQueue, identity, memory, clock, log, set } = deps;
  let key = target.apiKey?.();
  /** Looks in a row after which there is more to do than to look again later. */
  let unsettled = 0;
  const vigil = createVigil(clock);

  const look = async (): Promise<void> => {
    const now = target.apiKey?.();
    if (now !== undefined && now !== key) {
      await native.setApiKey(now);
      key = now;
    }
    if (build === undefined) {
      await temporal.connection.workflowService.getSystemInfo({});
      return settled('no versions');
    }
    const found = await currentBuild(temporal, build);
    if (found.current === 'ours') {
      vigil.forget();
      return settled(`build ${build.buildId} is current`);
    }
    // Another build that came later stays current for as long as somebody runs it; one that was there before this process started gives way, and so does an
    // empty database.
    const later = found.current === 'other' && memory.wasCurrent ? found : undefined;
    if (later !== undefined) {
      const presence = await presenceOf(later.buildId, build);
      if (presence === 'there') return settled(`build ${later.buildId} took over from build ${build.buildId}`);
      const until = `nothing is done until build ${build.buildId} takes its place`;
      set({ state: 'stalled', detail: `build ${later.buildId} is current, and nobody runs it: ${until}` });
      if (presence === 'quiet') {
        // Looked at no faster than ever: the server counts these calls for all workers together.
        unsettled = 0;
        return;
      }
      log.warn(
        { gone: later.buildId, build: build.buildId },
        'nobody runs the current build: this one takes its place',
      );
    }
    // With the token: a build that became current since the look is not replaced.
    if (await makeCurrent(temporal, build, identity, later?.token)) {
      log.info({ build: build.buildId }, 'this build runs the workflows now');
      return settled(`build ${build.buildId} is current`);
    }
    unsettled += 1;
  };

  const presenceOf = async (other: string, ours: Deployment): Promise<Presence> => {
    const asked = await lastAsked(temporal, taskQueue, ours.name);
    // A server that does not tell of our own requests would not tell of others'.
    if (!asked.has(ours.buildId)) vigil.forget();
    return vigil.look(other, asked.get(other));
  };

  const settled = (detail: string) => {
    memory.wasCurrent = true;
    unsettled = 0;
    set({ state: 'running', detail });
  };

  return {
    async run(ended) {
      while (!ended.aborted) {
        try {
          await temporal.within(answerMs, look);
        } catch (error) {
          if (ended.aborted) return;
          set({ state: 'connecting', detail: `Temporal does not answer: ${messageOf(error)}` });
          unsettled += 1;
          vigil.interrupted();
        }
        await clock.sleep(unsettled > 0 ? delayBefore(unsettled, backoff) : everyMs, ended);
      }
    },
  };
}
