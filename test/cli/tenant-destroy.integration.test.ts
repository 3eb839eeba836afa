import * as resources from '@pulumi/azure-native/resources/index.js';
import * as azuread from '@pulumi/azuread';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pendingCreations } from '#adapters/pulumi/stack-state.ts';
import { destroyStack } from '#cli/commands/tenant.ts';
import { failure } from '#cli/commands/tenant-run.ts';
import { createOutput } from '#cli/output.ts';
import { noEngine, startBench, until } from '#test/infra/engine/engine.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

describe.skipIf(noEngine !== undefined)(
  `the real engine that was killed${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    it('is not said to have changed nothing, and what it had begun to make is deleted with the stack', async () => {
      const bench = await startBench();
      onTestFinished(() => bench.close());
      const program = async () => {
        const group = new resources.ResourceGroup('group', { resourceGroupName: 'rg-x', location: 'swedencentral' });
        const options = { dependsOn: group };
        new azuread.Application('application', { displayName: 'events', preventDuplicateNames: true }, options);
      };
      const driver = bench.driver('x', program);
      await driver.create();
      const mend = bench.azure.break({ operation: 'create', urn: '::application', how: 'done-and-silent' });
      const run = driver.up();
      await until('both are made', () => bench.azure.cloud.list().length === 2);
      for (const pid of bench.lockHolders('x')) process.kill(pid, 'SIGKILL');
      const outcome = await run;
      if (outcome.ok) throw new Error('it was not killed');
      expect(failure(outcome).message).toMatch(/more may have been/);
      mend();

      const next = bench.driver('x', program);
      expect(pendingCreations(await next.state())).toHaveLength(1);
      const told: unknown[] = [];
      const output = { ...createOutput(), say: () => {}, json: (value: unknown) => void told.push(value) };
      const place = {
        ...{ simulated: true, signal: new AbortController().signal },
        reads: { graphUrl: bench.azure.graphUrl, armUrl: bench.azure.armUrl },
      };
      await destroyStack(place, next, 'x', { json: true }, output, temporaryFolder());
      expect(bench.azure.cloud.list()).toEqual([]);
      expect(told).toEqual([expect.objectContaining({ tenant: 'x', kept: [], pending: [] })]);
    });
  },
);
