import { mkdirSync } from 'node:fs';
import { hubName } from '#bench/processes/hub.ts';
import { createContext, type RunContext } from '#cli/roles/context.ts';
import { type RunningIngest, startIngest } from '#cli/roles/ingest.ts';
import { checkLog, openShared, type Shared } from '#cli/roles/shared.ts';
import { collectSeldom } from '#cli/settling.ts';
import { readSettings } from '#config/read-settings.ts';

/** How ingest is run: as `tocsin run ingest` would, with every setting that is not named here at its default. */
export interface IngestArgs {
  readonly eventHubs: string;
  /** Value of `TOCSIN_EVENT_LOG`. */
  readonly eventLog: string;
  /** New for every round. */
  readonly stateDir: string;
  /** Messages that are in the hub. */
  readonly count: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface IngestRun {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly ingest: RunningIngest;
  /** How many messages are in the log. */
  appended(): number;
  /** Resolves when all of `count` are; `look` is told of how many meanwhile. */
  all(look?: (appended: number) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Opens log and key store, then starts ingest. `wrap` may look at what is appended. */
export async function runIngest(args: IngestArgs, wrap: (shared: Shared) => Shared = (s) => s): Promise<IngestRun> {
  collectSeldom();
  mkdirSync(args.stateDir, { recursive: true });
  const read = readSettings({
    environment: {
      TOCSIN_STATE_DIR: args.stateDir,
      TOCSIN_EVENT_LOG: args.eventLog,
      TOCSIN_EVENT_HUBS: args.eventHubs,
      TOCSIN_EVENT_HUB: hubName,
      TOCSIN_LOG_LEVEL: 'warn',
      ...args.environment,
    },
  });
  if (!read.ok) throw new Error(read.problems.join(' '));
  const { settings } = read;
  if (settings.eventHubs === undefined || settings.eventLog === undefined) throw new Error('settings are missing');
  const stop = new AbortController();
  const context = await createContext(settings, 'bench', stop.signal);
  const shared = wrap(await openShared(context, settings.eventLog));
  await checkLog(context, shared);
  const ingest = await startIngest(context, shared, settings.eventHubs, undefined, stop.signal);
  const appended = () => ingest.probe.partitions().reduce((sum, { appendedTo }) => sum + appendedTo + 1, 0);
  return {
    ...{ context, shared, ingest, appended },
    async all(look = () => undefined) {
      for (let now = 0; now < args.count; look(now)) {
        await context.clock.sleep(2, stop.signal);
        now = appended();
      }
    },
    async stop() {
      stop.abort();
      await ingest.ended;
      await shared.close();
    },
  };
}
