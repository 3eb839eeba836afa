#!/usr/bin/env node
// The machine's own Node may be older than the one the project brings along: called by path (not through npx or an
// npm script) this file runs under it, so it starts itself again under the right one before anything else is loaded.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { complaintAbout, isFitting } from './fitting-node.mjs';

if (isFitting(process.versions)) {
  // What V8 made of the code the last time, in a folder that only we write to: starting takes half the time. Threads look for it in the environment.
  const compiled = join(process.env.TOCSIN_CACHE_DIR ?? join(homedir(), '.cache', 'tocsin'), 'compiled');
  process.env.NODE_COMPILE_CACHE ??= compiled;
  module.enableCompileCache(compiled);
  await import('../cli/main.ts');
} else {
  const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(bundled)) {
    process.stderr.write(`${complaintAbout(process.versions)}\n`);
    process.exit(78);
  }
  const child = spawn(bundled, process.argv.slice(1), { stdio: 'inherit' });
  // Who started this file knows only its process: what it is told goes on to the one that works. (A terminal sends Ctrl-C to both by itself.)
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
