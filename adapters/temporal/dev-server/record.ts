import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '#ports/clock.ts';
import type { TemporalLog } from '../log.ts';
import { startOf, unknownStart } from './process-table.ts';

/** What a process that runs the server leaves in the state folder for others, and for its next start. */
export interface ServerRecord {
  /** host:port of gRPC. */
  readonly address: string;
  /** Address of the UI. */
  readonly ui: string;
  readonly namespace: string;
  readonly version: string;
  readonly pid: number;
  /** See `startOf`. */
  readonly started: string;
  /** The server answered. */
  readonly ready: boolean;
}

/** Undefined where there is none or it cannot be understood. */
export function readRecord(file: string): ServerRecord | undefined {
  try {
    const value: Partial<Record<keyof ServerRecord, unknown>> = JSON.parse(readFileSync(file, 'utf8'));
    const { address, ui, namespace, version, pid, started, ready } = value;
    if (typeof address !== 'string' || typeof ui !== 'string' || typeof namespace !== 'string') return undefined;
    if (typeof version !== 'string' || typeof pid !== 'number' || typeof started !== 'string') return undefined;
    return { address, ui, namespace, version, pid, started, ready: ready === true };
  } catch {
    return undefined;
  }
}

export function writeRecord(file: string, record: ServerRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, JSON.stringify(record));
  renameSync(half, file);
}

/** The server is gone; its ports are wanted again by the next one. */
export function retire(file: string): void {
  const record = readRecord(file);
  if (record !== undefined) writeRecord(file, { ...record, ready: false });
}

/** Milliseconds: longer than a guard leaves its server between SIGTERM and SIGKILL. */
const patienceMs = 7_000;
/** Milliseconds that a killed process is given to let go of its port and its files. */
const killedMs = 3_000;

/** A server whose process and guard were both killed, or that its guard is stopping just now, still has the database: waits for its end, then ends it. */
export async function endLeftOver(record: ServerRecord, clock: Clock, log: TemporalLog): Promise<void> {
  const { pid, started } = record;
  const runs = () => startOf(pid) === started;
  if (!runs()) return;
  log.warn({ pid }, 'a Temporal dev server was left over; ending it');
  // Where the system does not tell one process from another, nothing is killed.
  const safe = started !== unknownStart;
  if (safe) signalTo(pid, 'SIGTERM');
  const untilGone = async (ms: number) => {
    const until = clock.monotonic() + ms;
    while (runs() && clock.monotonic() < until) await clock.sleep(50);
  };
  await untilGone(patienceMs);
  if (!safe || !runs()) return;
  signalTo(pid, 'SIGKILL');
  await untilGone(killedMs);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone, or belongs to somebody else.
  }
}
