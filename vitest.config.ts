import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const project = (name: string, timeout: number, more: object = {}) => ({
  test: { name, include: [`test/**/*.${name}.test.ts`], testTimeout: timeout, hookTimeout: 60_000, ...more },
});

// Kinds of test by file suffix. Integration and browser tests start real servers and mostly wait for them: three files at a time keep two cores busy.
export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', 10_000),
      project('architecture', 60_000),
      project('property', 120_000),
      project('contract', 60_000),
      project('integration', 120_000),
      project('browser', 120_000),
    ],
  },
});
