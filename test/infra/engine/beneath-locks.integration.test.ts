import * as authorization from '@pulumi/azure-native/authorization/index.js';
import * as keyvault from '@pulumi/azure-native/keyvault/index.js';
import * as resources from '@pulumi/azure-native/resources/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDone, RunOutcome } from '#adapters/pulumi/outcome.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { inVault } from '#infra/components/vault.ts';
import { locksInTheWay, type RanWithLocksOff, withLocksOff } from '#infra/driver/locks-off.ts';
import { type EngineBench, noEngine, savedOnce, startBench } from '#test/infra/engine/engine.ts';

function done(outcome: RunOutcome | undefined): RunDone {
  if (outcome?.ok === true) return outcome;
  throw new Error(outcome === undefined ? 'nothing was run' : `${outcome.reason}: ${outcome.detail.join('\n')}`);
}

/** What of a stack is beneath a lock, and no more: a vault with a lock, and in it a secret with a role on it. */
function vaultProgram(given: { readonly secret: boolean; readonly lock: boolean }) {
  const group = new resources.ResourceGroup('group', { resourceGroupName: 'rg', location: 'swedencentral' });
  const vault = new keyvault.Vault('vault', {
    ...{ resourceGroupName: group.name, location: 'swedencentral', vaultName: 'kv' },
    properties: { tenantId: 't', sku: { family: 'A', name: 'standard' }, enableRbacAuthorization: true },
  });
  if (given.lock)
    new authorization.ManagementLockByScope('vault-lock', {
      ...{ scope: vault.id, lockName: 'tocsin-keep', level: 'CanNotDelete', notes: 'the keys' },
    });
  if (!given.secret) return;
  const secret = new keyvault.Secret(
    'secret',
    { resourceGroupName: group.name, vaultName: vault.name, secretName: 'paging', properties: { value: 'x' } },
    inVault,
  );
  new authorization.RoleAssignment(
    'reads-secret',
    {
      ...{ scope: secret.id, roleAssignmentName: 'reads', principalId: 'worker', principalType: 'ServicePrincipal' },
      roleDefinitionId: '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r',
    },
    { deleteBeforeReplace: true },
  );
}

// One stack, in order: each test goes on with what the one before it left.
describe.skipIf(noEngine !== undefined)(
  `what is beneath a lock${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    let bench: EngineBench;
    let driver: StackDriver;
    let given = { secret: true, lock: true };
    const inCloud = (type: string) => bench.azure.cloud.list().filter((one) => one.type === `azure-native:${type}`);
    const locks = () => inCloud('authorization:ManagementLockByScope');
    const roles = () => inCloud('authorization:RoleAssignment');
    const inTheWay = async () =>
      locksInTheWay(done(await driver.preview()).steps, (await driver.state()).resources ?? []);
    /** An `up` as the command does it. */
    const up = async (armUrl = bench.azure.armUrl): Promise<RanWithLocksOff<RunOutcome>> =>
      withLocksOff(
        await inTheWay(),
        { armUrl, sleep: async () => {}, inProgram: (program) => driver.preview({ program }) },
        () => driver.up(),
      );

    beforeAll(async () => {
      bench = await startBench(savedOnce);
      driver = bench.driver('locked', async () => vaultProgram(given));
      await driver.create();
      done(await driver.up());
    });
    afterAll(() => bench.close());

    it('is not deleted while its lock is there, and nothing is run where that cannot be taken off', async () => {
      given = { secret: false, lock: true };
      const before = bench.azure.cloud.list();
      const { outcome, faults } = await up('http://127.0.0.1:1');
      expect(outcome).toBeUndefined();
      expect(faults).toContainEqual(
        expect.stringMatching(/^the lock vault-lock was not taken off: Azure cannot be reached/),
      );
      expect(bench.azure.cloud.list()).toEqual(before);
      const refused = await driver.up();
      expect(!refused.ok && refused.detail.join('\n')).toContain('ScopeLocked');
    });

    it('has its lock back also when the run failed', async () => {
      const before = locks();
      const mend = bench.azure.break({ operation: 'delete', urn: '::reads-secret', how: 'refused' });
      const { outcome, faults } = await up();
      mend();
      expect(outcome?.ok).toBe(false);
      expect(faults).toEqual([]);
      expect(locks()).toEqual(before);
    });

    it('goes when its lock is taken off for the run, which puts it back as it was', async () => {
      const before = locks();
      expect(before).toHaveLength(1);
      const { outcome, faults } = await up();
      expect(faults).toEqual([]);
      expect(done(outcome).counts.delete).toBeGreaterThan(0);
      expect(roles()).toEqual([]);
      expect(locks()).toEqual(before);
      // In the vault nobody may delete anything, and nobody tried: the secret is there, and nobody may read it.
      expect(inCloud('keyvault:Secret')).toHaveLength(1);
      const looked = done(await driver.refresh({ dryRun: true }));
      expect(looked.steps.filter(({ op }) => op === 'update' || op === 'delete')).toEqual([]);
      expect(done(await driver.up()).counts).toMatchObject({ create: 0, update: 0, replace: 0, delete: 0 });
    });

    it('loses its lock for good where the run takes that away itself, as in a stack that becomes one for tests', async () => {
      for (const { id } of inCloud('keyvault:Secret')) bench.azure.cloud.remove(id);
      given = { secret: true, lock: true };
      done(await driver.up());
      given = { secret: false, lock: false };
      expect(await inTheWay()).toMatchObject([{ name: 'vault-lock', goes: true }]);
      const { outcome, faults } = await up();
      expect(faults).toEqual([]);
      done(outcome);
      expect([...locks(), ...roles()]).toEqual([]);
    });
  },
);
