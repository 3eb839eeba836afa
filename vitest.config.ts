import { homedir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Test processes, and what they start, load large packages over and over: what V8 made of them the last time is kept where `tocsin` keeps it as well.
process.env['NODE_COMPILE_CACHE'] ??= join(
  process.env['TOCSIN_CACHE_DIR'] ?? join(homedir(), '.cache', 'tocsin'),
  'compiled',
);

// Pulumi's engine and the Temporal server are programs in Go that live for seconds: they spend a tenth of that on collecting garbage which would fit into memory.
process.env['GOGC'] ??= '400';

/** Pulumi's runtime is one per process and keeps what a program told it: every file of these needs a process of its own. */
const pulumi = ['stack-*', 'entry', 'driver/find-existing'].map((name) => `test/infra/${name}.unit.test.ts`);
/** Integration tests that leave nothing behind in their process. */
const selfContained = ['adapters', 'domain', 'processor', 'projections', 'simulator'].map(
  (folder) => `test/${folder}/**`,
);
/** Files that use the vendor's managed identity: its client keeps the first endpoint that it found for the life of the process. */
const alone = [
  'test/adapters/azure-key-vault/credential.integration.test.ts',
  'test/simulator/managed-identity/managed-identity.integration.test.ts',
];

/** Until what is polled for has come about: by itself it is a second, which a busy machine takes for anything. */
const poll = { timeout: 15_000 };

const project = (name: string, timeout: number, more: object = {}) => ({
  test: {
    name,
    include: [`test/**/*.${name}.test.ts`],
    testTimeout: timeout,
    expect: { poll },
    hookTimeout: 120_000,
    ...more,
  },
});
/** Files share processes and what is loaded in them, which takes half of the time. */
const together = { isolate: false };

// Kinds of test by file suffix. Integration and browser tests start real servers and mostly wait for them: four files at a time keep two cores busy, three leave a
// seventh of them idle.
export default defineConfig({
  test: {
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', 10_000, { ...together, exclude: pulumi }),
      project('unit-of-stacks', 10_000, { include: pulumi }),
      project('architecture', 60_000),
      project('property', 120_000, together),
      project('contract', 60_000, together),
      project('integration', 120_000, { exclude: selfContained }),
      project('integration-together', 120_000, {
        ...{ ...together, include: selfContained.map((folder) => `${folder}/*.integration.test.ts`), exclude: alone },
      }),
      project('integration-alone', 120_000, { include: alone }),
      project('browser', 120_000),
    ],
  },
});
