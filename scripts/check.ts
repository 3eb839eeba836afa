// Everything that must hold before a change lands, in the order in which it fails fastest. `npm run check` is what CI runs.
import { spawnSync } from 'node:child_process';

const folders = [
  'adapters',
  'bench',
  'cli',
  'config',
  'deploy',
  'domain',
  'infra',
  'kernel',
  'ports',
  'processor',
  'projections',
  'scripts',
  'simulator',
  'test',
  'tools',
  'web',
  'workflows',
];
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format and lint', ['biome', 'ci', '--error-on-warnings', '.']],
  ['types', ['tsc']],
  ['types of the browser code', ['tsc', '-p', 'web/browser/tsconfig.json']],
  ['import rules', ['depcruise', ...folders, '--config', '.dependency-cruiser.cjs', '--output-type', 'err']],
  ['dead code', ['knip']],
  ['documents', ['node', 'scripts/generate-docs.ts', '--check']],
  ['tests', ['vitest', 'run']],
];

const without = process.argv.includes('--no-tests') ? ['tests'] : [];
for (const [name, [command = '', ...args]] of steps) {
  if (without.includes(name)) continue;
  const started = performance.now();
  console.log(`== ${name}`);
  const { status } = spawnSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`== ${name}: failed`);
    process.exit(1);
  }
  console.log(`== ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
