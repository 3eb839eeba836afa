import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { createOutput } from '#cli/output.ts';
import { findDesk } from '#cli/running.ts';
import { requireSettings } from '#cli/settings.ts';
import { version } from '#cli/version.ts';
import type { EventLogSetting } from '#config/parsers.ts';
import type { Settings } from '#config/settings.ts';

/**
 * Runs a command that only reads against the running desk; where none runs, against one of its own that folds the log into a
 * temporary folder, says nothing to anybody else, and is gone afterwards.
 */
export async function withReadingDesk<T>(stateDir: string | undefined, work: (desk: string) => Promise<T>): Promise<T> {
  const running = await findDesk(stateDir);
  if (running !== undefined) return work(running);
  const settings = requireSettings(stateDir);
  const eventLog = logOf(settings);
  const { createContext } = await import('#cli/roles/context.ts');
  const { openShared } = await import('#cli/roles/shared.ts');
  const { startDesk } = await import('#cli/roles/desk.ts');
  const output = createOutput();
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-reading-'));
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const quiet: Settings = { ...settings, logLevel: 'silent', http: { host: '127.0.0.1', port: 0 } };
  const context = await createContext(quiet, version, stop.signal);
  const shared = await openShared(context, eventLog);
  stack.defer(() => shared.close());
  const own = { ...context, file: (...path: readonly string[]) => join(folder, ...path) };
  output.progress('no desk runs here: reading the log …');
  const desk = await startDesk({
    context: own,
    shared,
    hub: undefined,
    ingest: undefined,
    triage: undefined,
    resolve: undefined,
    signal: stop.signal,
  });
  stack.defer(async () => {
    stop.abort();
    await desk.close();
  });
  const deadline = performance.now() + 600_000;
  while ((await fetch(`${desk.url}/health/ready`)).status !== 200) {
    if (performance.now() > deadline)
      throw new CommandError(exitCodes.unreachable, 'the event log could not be read to its end within ten minutes');
    await new Promise((later) => setTimeout(later, 50));
  }
  output.progress(undefined);
  return work(desk.url);
}

/** The log of these settings; that of a simulated run is found in its folder. Exit code 69 where there is none. */
export function logOf(settings: Settings): EventLogSetting {
  if (settings.eventLog !== undefined) return settings.eventLog;
  const candidates = [
    join(resolve(settings.stateDir), 'event-log.db'),
    join(resolve(settings.stateDir), 'simulator', 'event-log.db'),
  ];
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file !== undefined) return { kind: 'sqlite', file };
  throw new CommandError(
    exitCodes.unreachable,
    `no desk runs with this state folder, and there is no event log in it; start one with \`npm start\`, or set TOCSIN_EVENT_LOG`,
  );
}
