import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON, isBuiltin } from 'node:module';
import { relative } from 'node:path';

/** `from 'x'`, `import 'x'`, `import('x')`. */
const specifiers = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\n]+)['"]/g;
const root = `${import.meta.dirname}/../../..`;

/**
 * What a bundle depends on, as a hash: the text of the given modules and of all of ours that they import, and the versions of the packages among them.
 * Modules are named relative to the project, so that every checkout of the same sources gives the same hash.
 * @throws when a module cannot be found
 */
export function bundleKey(modules: readonly string[]): string {
  const hash = createHash('sha256');
  const files = new Set(modules);
  const packages = new Set(['@temporalio/worker']);
  // A set may grow while it is walked through.
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(specifiers)) {
      if (/^[.#/]/.test(specifier)) files.add(createRequire(file).resolve(specifier));
      else if (!isBuiltin(specifier)) packages.add(specifier);
    }
  }
  for (const file of [...files].sort()) {
    const content = createHash('sha256').update(readFileSync(file)).digest('hex');
    hash.update(`${relative(root, file)} ${content}\n`);
  }
  for (const name of [...packages].sort()) hash.update(`${name} ${versionOf(name)}\n`);
  return hash.digest('hex');
}

function versionOf(specifier: string): string {
  const file = findPackageJSON(specifier, import.meta.url);
  const version: unknown = file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8')).version;
  return typeof version === 'string' ? version : 'unknown';
}
