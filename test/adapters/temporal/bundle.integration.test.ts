import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failureConverterPath } from '#adapters/temporal/codec/payload-codec.ts';
import { obtainBundle } from '#adapters/temporal/worker/bundle.ts';
import { bundleKey } from '#adapters/temporal/worker/bundle-key.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { fixtureWorkflows } from './start-worker.ts';

function sources() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'parts'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    'workflows.ts',
    "export * from './parts/one.ts';\nimport type { Two } from './parts/two.ts';\nexport const x: Two = 2;\n",
  );
  write('parts/one.ts', "import { assertNever } from '#kernel/assert-never.ts';\nexport const one = 1;\n");
  write('parts/two.ts', "import { sleep } from '@temporalio/workflow';\nexport type Two = 2;\n");
  write('other.ts', 'export const other = 1;\n');
  // What begins with # is looked up in the nearest package.
  write('package.json', '{"imports":{"#kernel/*":"./parts/*"}}');
  write('parts/assert-never.ts', 'export function assertNever() {}\n');
  return { write, key: () => bundleKey([join(folder, 'workflows.ts')]) };
}

test('the key of a bundle changes with every module that is imported, and with no other', () => {
  const { write, key } = sources();
  const keys = [key()];
  write('other.ts', 'export const other = 2;\n');
  expect(key()).toBe(keys[0]);
  for (const name of ['parts/assert-never.ts', 'parts/two.ts', 'parts/one.ts']) {
    write(name, 'export const changed = 1;\n');
    keys.push(key());
  }
  expect(new Set(keys).size).toBe(4);
});

test('a bundle is made once and found after that', async () => {
  const cacheDir = temporaryFolder();
  const request = { workflowsPath: fixtureWorkflows, failureConverterPath, cacheDir, env: process.env };
  const first = await obtainBundle(request);
  expect(first.hash).toBe(bundleKey([fixtureWorkflows, failureConverterPath]));
  expect(readFileSync(first.codePath, 'utf8')).toContain('encodeCommonAttributes');
  const made = statSync(first.codePath).ino;
  expect(await obtainBundle(request)).toEqual(first);
  expect(statSync(first.codePath).ino).toBe(made);
  expect(readdirSync(join(cacheDir, 'workflow-bundles'))).toHaveLength(1);
});

test('sources that cannot be bundled are an error that says why', async () => {
  const folder = temporaryFolder();
  const workflowsPath = join(folder, 'workflows.ts');
  writeFileSync(workflowsPath, 'export const x = = 1;\n');
  const failing = obtainBundle({ workflowsPath, env: process.env, cacheDir: folder });
  await expect(failing).rejects.toMatchObject({
    name: 'BundleError',
    message: expect.stringContaining('workflows.ts'),
  });
  expect(readdirSync(join(folder, 'workflow-bundles'))).toEqual([]);
});
