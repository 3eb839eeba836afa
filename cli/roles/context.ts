import { access, constants, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RoleName } from '#cli/role-names.ts';
import { createLogDestination } from '#cli/roles/log-destination.ts';
import { createMetrics, type Metrics } from '#cli/roles/metrics.ts';
import { readableLines } from '#cli/roles/readable-log.ts';
import type { Settings } from '#config/settings.ts';
import type { RecordedBy } from '#domain/metadata.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';

/** What every role is made from. */
export interface RunContext {
  readonly settings: Settings;
  readonly stateDir: string;
  readonly version: string;
  /** Names this process among all that share hub and log; never reused. */
  readonly instanceId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
  readonly recordedBy: (role: RoleName) => RecordedBy;
  /** A file of the state folder. */
  readonly file: (...path: readonly string[]) => string;
}

/**
 * Makes the state folder where it is not there yet.
 * @throws {CommandError} with exit code 78 where nothing can be kept in it
 */
export async function createContext(settings: Settings, version: string, signal: AbortSignal): Promise<RunContext> {
  const folder = resolve(settings.stateDir);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new CommandError(
      exitCodes.settings,
      `TOCSIN_STATE_DIR: nothing can be kept in the folder ${folder} (${(error as NodeJS.ErrnoException).code}); let the user that runs Tocsin write to it, or set another folder`,
    );
  }
  return contextOf(settings, version, signal);
}

/** The same for those that only look: nothing is made. */
export function contextOf(settings: Settings, version: string, signal: AbortSignal): RunContext {
  const stateDir = resolve(settings.stateDir);
  const metrics = createMetrics(version);
  return {
    settings,
    stateDir,
    version,
    instanceId: `${hostname()}/${process.pid}/${systemIds.random().slice(0, 8)}`,
    clock: systemClock,
    ids: systemIds,
    log: createLogger(settings, metrics),
    metrics,
    signal,
    recordedBy: (role) => ({ role, build: version }),
    file: (...path) => join(stateDir, ...path),
  };
}

/**
 * JSON lines on stderr, or readable ones where somebody looks; secrets and headers are cut out whatever is handed in. Lines that cannot be written are counted
 * as errors with the code `log-lines-lost`.
 */
function createLogger(settings: Settings, metrics: Metrics): Logger {
  const options = {
    level: settings.logLevel,
    base: null,
    redact: {
      paths: ['*.token', '*.key', '*.password', '*.connectionString', '*.authorization', 'headers', '*.headers'],
      censor: '(secret)',
    },
  };
  if (process.stderr.isTTY === true) return pino(options, readableLines(process.stderr));
  const missing = { lines: 0, code: '' };
  const log: Logger = pino(
    options,
    createLogDestination(
      2,
      (lines, code) => {
        metrics.errors.inc({ code: 'log-lines-lost' }, lines);
        Object.assign(missing, { lines: missing.lines + lines, code });
      },
      () => {
        log.warn({ ...missing }, 'lines of this log could not be written');
        missing.lines = 0;
      },
    ),
  );
  return log;
}
