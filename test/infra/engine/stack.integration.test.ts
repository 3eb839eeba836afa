import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as storage from '@pulumi/azure-native/storage/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDone, RunOutcome } from '#adapters/pulumi/outcome.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { driftOf } from '#infra/driver/drift.ts';
import { deskIn, leavingOrder, refuseDestroy } from '#infra/driver/leaving.ts';
import { isComponent } from '#infra/driver/step.ts';
import { stackProgram } from '#infra/stack-program.ts';
import { shellLines, textOf } from '#test/docs/documents.ts';
import { configure, type EngineBench, noEngine, savedOnce, startBench } from '#test/infra/engine/engine.ts';
import { canaries, standard } from '#test/infra/given.ts';

const program = async () => ({ ...(await stackProgram()) });
const pack = resolve('infra/policy');

function done(outcome: RunOutcome): RunDone {
  if (outcome.ok) return outcome;
  throw new Error(`${outcome.reason}: ${outcome.detail.join('\n')}`);
}
const touched = (outcome: RunOutcome) =>
  outcome.steps
    .filter((step) => step.op !== 'same' && !isComponent(step))
    .map(({ op, name }) => `${op} ${name}`)
    .sort();

// One stack, in order: each test goes on with what the one before it left.
describe.skipIf(noEngine !== undefined)(
  `the real engine and the whole stack${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    let bench: EngineBench;
    let driver: StackDriver;

    beforeAll(async () => {
      bench = await startBench(savedOnce);
      // The program by its own Pulumi.yaml; the engine wants it below that file.
      copyFileSync('Pulumi.yaml', join(bench.folder, 'Pulumi.yaml'));
      symlinkSync(resolve('infra'), join(bench.folder, 'infra'));
      driver = bench.driver('contoso', program);
      await driver.create();
      await configure(driver, standard);
    });
    afterAll(() => bench.close());
    /** What somebody types in the folder with `Pulumi.yaml`. */
    const typed: (readonly string[])[] = [];
    const pulumi = async (...args: readonly string[]) => {
      typed.push(args);
      const { code, stdout, stderr } = await bench.command.run([...args, '--stack', 'contoso'], { cwd: bench.folder });
      return { code, stdout, said: `${stdout}${stderr}`.slice(-4000) };
    };

    it('says in a preview on the command line what it would make, with nothing against it by the policies, and makes nothing', async () => {
      const preview = await pulumi('preview', '--policy-pack', pack, '--json');
      expect(preview.code, preview.said).toBe(0);
      const { changeSummary } = JSON.parse(preview.stdout) as { changeSummary: Record<string, number> };
      expect(Object.keys(changeSummary)).toEqual(['create']);
      expect(changeSummary['create']).toBeGreaterThan(100);
      expect(bench.azure.cloud.list()).toEqual([]);
    });

    it('makes everything from nothing, with ids that are all different: Pulumi.yaml names the program, which is loaded as TypeScript without a build', async () => {
      const up = await pulumi('up', '--yes', '--skip-preview');
      expect(up.code, up.said).toBe(0);
      const made = bench.azure.cloud.list();
      expect(made.length).toBeGreaterThan(100);
      expect(new Set(made.map(({ id }) => id.toLowerCase())).size).toBe(made.length);
      expect((await driver.outputs())['deskUrl']).toMatchObject({
        secret: false,
        value: expect.stringMatching(/^https:\/\/ca-contoso-desk\./),
      });
    });

    it('changes nothing when it runs again', async () => {
      const before = bench.azure.cloud.list();
      const again = await pulumi('up', '--yes', '--skip-preview', '--expect-no-changes');
      expect(again.code, again.said).toBe(0);
      expect(again.stdout).toMatch(/\b1\d\d unchanged/);
      expect(bench.azure.cloud.list()).toEqual(before);
    });

    it('keeps secrets in the state as ciphertext alone', () => {
      const state = bench.stateFiles().join('\n');
      expect(state).toContain('kv-contoso-');
      for (const canary of Object.values(canaries)) expect(state).not.toContain(canary);
      expect(readFileSync(`${bench.folder}/Pulumi.contoso.yaml`, 'utf8')).not.toContain(canaries.logConnection);
      // The cloud knows them: they were not just left out.
      expect(JSON.stringify(bench.azure.cloud.list())).toContain(canaries.logConnection);
    });

    it('is the same program by the Automation API, which touches exactly what one setting is about', async () => {
      await configure(driver, { logRetentionDays: '60' });
      const up = done(await driver.up());
      expect(touched(up)).toEqual(['update workspace']);
      expect(up.counts.same).toBeGreaterThan(100);
      expect(up.steps.find(({ name }) => name === 'workspace')?.changed).toEqual(['retentionInDays']);
    });

    it('refuses to make anew what is protected, before it changes anything', async () => {
      await configure(driver, { partitions: '16' });
      const before = bench.azure.cloud.list();
      const refused = await driver.preview();
      await configure(driver, { partitions: '8' });
      expect(refused).toMatchObject({ ok: false, reason: 'protected' });
      expect(!refused.ok && refused.detail).toEqual([expect.stringMatching(/unable to replace resource .*::hub/)]);
      expect(bench.azure.cloud.list()).toEqual(before);
    });

    it('lets the policy pack stop a bad preview', async () => {
      const bad = async () => {
        new storage.StorageAccount('open', {
          resourceGroupName: 'rg-tocsin-contoso',
          kind: 'StorageV2',
          sku: { name: 'Standard_LRS' },
          allowBlobPublicAccess: true,
          minimumTlsVersion: 'TLS1_0',
        });
      };
      const other = bench.driver('bad', bad);
      await other.create();
      const refused = await other.preview({ policyPacks: [pack] });
      expect(refused).toMatchObject({ ok: false, reason: 'policy' });
      expect(!refused.ok && refused.detail.join('\n')).toMatch(/open: .*public.*\(policy no-public-blobs\)/is);
    });

    it('finds what somebody changed by hand, and what is gone', async () => {
      const namespace = bench.azure.cloud.list().find(({ type }) => type.endsWith(':eventhub:Namespace'));
      const group = bench.azure.cloud.list().find(({ type }) => type.endsWith(':ConsumerGroup'));
      const file = bench.azure.cloud.fileOf(namespace?.id ?? '');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"disableLocalAuth": true', '"disableLocalAuth": false'));
      bench.azure.cloud.remove(group?.id ?? '');
      const seen = await pulumi('refresh', '--preview-only', '--expect-no-changes');
      expect(seen.code).not.toBe(0);
      expect(seen.said).toMatch(/~ 1 to update\s+- 1 to delete[\s\S]*no changes were expected/);
      const looked = done(await driver.refresh());
      expect(
        driftOf(looked.steps)
          .map(({ kind, name }) => `${kind} ${name}`)
          .sort(),
      ).toEqual(['changed namespace', 'gone consumer-group']);
      expect(driftOf(looked.steps).find(({ kind }) => kind === 'changed')?.sentence).toContain(
        'disableLocalAuth is false and was true',
      );
      expect(touched(done(await driver.up()))).toEqual(['create consumer-group', 'update namespace']);
    });

    it('is refused a deletion while it holds evidence, and keeps that when the rest is deleted', async () => {
      const refusal = refuseDestroy('contoso', (await driver.state()).resources ?? []);
      const kept = (refusal?.kept ?? []).map(({ urn }) => urn.split('::').at(-1));
      expect(kept).toEqual(expect.arrayContaining(['evidence-storage', 'evidence-checkpoints', 'vault', 'master-key']));
      expect(refusal?.lines.join('\n')).toContain('--keep-evidence');

      const before = bench.azure.cloud.list();
      const refused = await pulumi('destroy', '--preview-only');
      expect(refused.code).not.toBe(0);
      expect(refused.said).toMatch(/cannot be deleted[\s\S]*protect/);
      expect(bench.azure.cloud.list()).toEqual(before);

      const order = leavingOrder((await driver.state()).resources ?? []);
      const alsoKept = order.keep.map((urn) => urn.split('::').at(-1));
      expect(alsoKept).toEqual(expect.arrayContaining(['evidence-lock', 'vault-lock']));
      done(await driver.destroy(order));
      const there = bench.azure.cloud.list();
      const left = there.map(({ type }) => type.split(':').at(-1));
      expect(left).toEqual(
        expect.arrayContaining(['StorageAccount', 'BlobContainer', 'Vault', 'Key', 'ResourceGroup']),
      );
      const evidence = there.find(({ id }) => /\/storageAccounts\/[^/]*ev[^/]*$/.test(id));
      expect(evidence?.inputs['immutableStorageWithVersioning']).toMatchObject({
        enabled: true,
        immutabilityPolicy: { state: 'Unlocked' },
      });
      expect(there).toContainEqual(
        expect.objectContaining({
          id: `${evidence?.id}/providers/Microsoft.Authorization/locks/tocsin-keep`,
          inputs: expect.objectContaining({ level: 'CanNotDelete' }),
        }),
      );
      expect(left).not.toContain('ContainerApp');
      const names = (await driver.state()).resources?.map(({ urn }) => urn.split('::').at(-1));
      expect(names).toEqual(expect.arrayContaining([...kept, ...alsoKept]));
      // What runs is gone; of rights on what is kept there are those that its locks forbid to take away.
      expect(deskIn((await driver.state()).resources ?? [])).toBe(false);
      expect(names).toContain('desk-identity');
    });

    it('makes the rest anew around what was kept, for a tenant that comes back', async () => {
      const before = (await driver.state()).resources?.map(({ urn }) => urn) ?? [];
      const again = done(await driver.up());
      expect(again.counts).toMatchObject({ replace: 0, delete: 0 });
      expect(again.counts.create).toBeGreaterThan(50);
      expect(again.steps.filter(({ op, urn }) => op === 'create' && before.includes(urn))).toEqual([]);
      expect(deskIn((await driver.state()).resources ?? [])).toBe(true);
    });

    it('leaves the evidence where it is even when somebody takes the protection off and deletes all on the command line', async () => {
      expect((await pulumi('state', 'unprotect', '--all', '--yes')).code).toBe(0);
      // Each lock goes with what it is on, in no order with what is beneath that: a first run may be refused there.
      await pulumi('destroy', '--yes', '--skip-preview', '--continue-on-error');
      const destroyed = await pulumi('destroy', '--yes', '--skip-preview');
      expect(destroyed.code, destroyed.said).toBe(0);
      expect((await driver.state()).resources ?? []).toEqual([]);
      const left = bench.azure.cloud.list().map(({ type }) => type.split(':').at(-1));
      expect(left).toEqual(
        expect.arrayContaining(['ResourceGroup', 'StorageAccount', 'BlobContainer', 'Vault', 'Key']),
      );
    });

    it('has been driven by every command of Pulumi that the guide shows', () => {
      const shown = shellLines(textOf('docs/deploy.md')).filter((line) => line.startsWith('pulumi '));
      expect(shown.length).toBeGreaterThan(3);
      for (const line of shown) {
        const [, verb, ...words] = line.replace('--stack contoso', '').split(/\s+/);
        const flags = words.filter((word) => word.startsWith('--'));
        expect(
          typed.some((args) => args[0] === verb && flags.every((flag) => args.includes(flag))),
          line,
        ).toBe(true);
      }
    });
  },
);
