import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a folder that holds the language host for Node under the name that the engine looks for, and returns it: for the PATH of an engine that came
 * without one. The host itself is {@link file://./language-host-worker.ts}.
 */
export function languageHostFolder(cacheDir: string): string {
  const folder = join(cacheDir, 'pulumi-language-host');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pulumi-language-nodejs');
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const host = join(import.meta.dirname, 'language-host-worker.ts');
  const beside = `${file}.${process.pid}`;
  // What V8 made of the code the last time: host and program start in half the time.
  const compiled = `NODE_COMPILE_CACHE=\${NODE_COMPILE_CACHE:-${quoted(join(cacheDir, 'compiled'))}}\nexport NODE_COMPILE_CACHE`;
  writeFileSync(beside, `#!/bin/sh\n${compiled}\nexec ${quoted(process.execPath)} ${quoted(host)} "$@"\n`);
  chmodSync(beside, 0o755);
  renameSync(beside, file);
  return folder;
}
