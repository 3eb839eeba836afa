import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file of a program, as this system calls it. */
export function fileOf(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** The first program of that name on a PATH. */
export function executableOnPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, fileOf(name)))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @param version such as `3.259.0` */
export function isOlder(version: string, oldest: readonly [number, number, number]): boolean {
  const parts = version.split('.').map(Number);
  const differs = oldest.findIndex((needed, index) => (parts[index] ?? 0) !== needed);
  return differs >= 0 && (parts[differs] ?? 0) < (oldest[differs] ?? 0);
}

/** Version of a module that a go.mod of ours pins, without its `v`. @throws when it names none */
export function pinnedIn(moduleFolder: string, module: string): string {
  const lines = readFileSync(join(moduleFolder, 'go.mod'), 'utf8').split(/\s*\n\s*/);
  const line = lines.find((one) => one.replace(/^require\s+/, '').startsWith(`${module} v`));
  const version = line?.split(' v')[1]?.split(' ')[0];
  if (version === undefined) throw new Error(`${moduleFolder}/go.mod names no version of ${module}`);
  return version;
}
