import { type LogLevel, type LogMetadata, Runtime } from '@temporalio/worker';
import { messageOf, type TemporalLog } from '../log.ts';

export interface RuntimeOptions {
  readonly log: TemporalLog;
  /** host:port on which Prometheus finds the SDK's metrics at `/metrics`; none are served without it. */
  readonly metrics?: string;
}

let installed = false;

/**
 * Sets up what all workers of a process share; the first call counts, for the life of the process. The SDK would end workers on signals by itself: here
 * whoever runs them does, in his order.
 */
export function installRuntime({ log, metrics }: RuntimeOptions): void {
  if (installed) return;
  installed = true;
  try {
    Runtime.install({
      logger: createLogger(log),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(metrics !== undefined && { metrics: { prometheus: { bindAddress: metrics } } }),
      },
    });
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'the Temporal SDK was set up by somebody else');
  }
}

/** What is never personal: everything else that the SDK adds may hold what people wrote, messages of failures first of all. */
const told = ['workflowId', 'runId', 'workflowType', 'activityType', 'activityId', 'attempt', 'taskQueue', 'target'];

function createLogger(log: TemporalLog) {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const fields = { ...Object.fromEntries(told.flatMap((name) => entry(name, meta?.[name]))), ...errorOf(meta) };
    // Said by each of its calls again and again while the server is away, which our own look at it says once.
    if (meta?.['target'] === 'temporalio_client::retry') log.debug(fields, message);
    else if (level === 'ERROR') log.error(fields, message);
    else if (level === 'WARN') log.warn(fields, message);
    else log.debug(fields, message);
  };
  return {
    log: write,
    trace: (message: string, meta?: LogMetadata) => write('TRACE', message, meta),
    debug: (message: string, meta?: LogMetadata) => write('DEBUG', message, meta),
    info: (message: string, meta?: LogMetadata) => write('INFO', message, meta),
    warn: (message: string, meta?: LogMetadata) => write('WARN', message, meta),
    error: (message: string, meta?: LogMetadata) => write('ERROR', message, meta),
  };
}

function entry(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
}

/** Its kind only: the message may quote what an activity was given. */
function errorOf(meta: LogMetadata | undefined): { readonly error?: string } {
  const error: unknown = meta?.['error'];
  if (!(error instanceof Error)) return {};
  const type = 'type' in error && typeof error.type === 'string' ? `/${error.type}` : '';
  return { error: `${error.name}${type}` };
}
