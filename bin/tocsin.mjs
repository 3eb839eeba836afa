#!/usr/bin/env node
// The machine's own Node may be older than the one the project brings along: called by path (not through npx or an
// npm script) this file runs under it, so it starts itself again under the right one before anything else is loaded.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 12)) {
  // What V8 made of the code the last time, in a folder that only we write to: starting takes half the time. Threads look for it in the environment.
  const compiled = join(process.env.TOCSIN_CACHE_DIR ?? join(homedir(), '.cache', 'tocsin'), 'compiled');
  process.env.NODE_COMPILE_CACHE ??= compiled;
  module.enableCompileCache(compiled);
  await import('../cli/main.ts');
} else {
  const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(bundled)) {
    process.stderr.write(
      `tocsin needs Node 24.12 or later; this is ${process.versions.node}. Run "npm ci" in the project, or install Node 24.\n`,
    );
    process.exit(78);
  }
  const child = spawn(bundled, process.argv.slice(1), { stdio: 'inherit' });
  // Who started this file knows only its process: what it is told goes on to the one that works. (A terminal sends Ctrl-C to both by itself.)
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
