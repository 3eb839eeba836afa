import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Room } from '#bench/room.ts';

const bin = join(import.meta.dirname, '../bin/tocsin.mjs');
const readyMs = 30_000;

/** Starts `tocsin run --simulate` in a folder and waits until it says where everything is; ended with the room. */
export async function startTocsin(
  room: Room,
  stateDir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  mkdirSync(stateDir, { recursive: true });
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TOCSIN_'));
  const child = spawn(process.execPath, [bin, 'run', '--simulate'], {
    env: {
      ...Object.fromEntries(inherited),
      TOCSIN_STATE_DIR: stateDir,
      TOCSIN_HTTP: '127.0.0.1:0',
      TOCSIN_SIMULATOR_EVENT_HUBS: '0',
      TOCSIN_SIMULATOR_EVENTSTOREDB: '0',
      TOCSIN_LOG_LEVEL: 'warn',
      // Only what measures workflows runs them.
      TOCSIN_TEMPORAL: 'off',
      ...more,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  room.defer(async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(late);
  });
  const file = join(stateDir, 'endpoints.json');
  for (const started = performance.now(); !existsSync(file); ) {
    if (child.exitCode !== null) throw new Error(`tocsin run ended with ${child.exitCode}`);
    if (performance.now() - started > readyMs) throw new Error('tocsin run is not ready');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}

/** Listens to the desk's live stream; tells of every emergency the moment its event is there. Returns when the stream has begun. */
export async function listen(room: Room, desk: string, heard: (emergencyId: string) => void): Promise<void> {
  const stop = new AbortController();
  const response = await fetch(`${desk}/api/stream`, { signal: stop.signal });
  if (response.body === null) throw new Error('the stream has no body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader.read();
  let text = first.value ?? '';
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const found = /^event: emergency$[\s\S]*^data: \{"id":"([^"]+)"/m.exec(part)?.[1];
        if (found !== undefined) heard(found);
      }
    }
  })().catch(() => undefined);
  room.defer(async () => {
    stop.abort();
    await reading;
  });
}
