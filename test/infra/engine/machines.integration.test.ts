import * as compute from '@pulumi/azure-native/compute/index.js';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDone, RunOutcome } from '#adapters/pulumi/outcome.ts';
import type { StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { createFoundation } from '#infra/components/foundation.ts';
import type { Keys } from '#infra/components/keys.ts';
import { createLog } from '#infra/components/log.ts';
import { namesOf } from '#infra/names.ts';
import { stackProgram } from '#infra/stack-program.ts';
import type { Bag } from '#simulator/azure/wire.ts';
import { configure, type EngineBench, noEngine, savedOnce, startBench } from '#test/infra/engine/engine.ts';
import { directoryId, type Given, large, small, subscriptionId } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

function done(outcome: RunOutcome): RunDone {
  if (outcome.ok) return outcome;
  throw new Error(`${outcome.reason}: ${outcome.detail.join('\n')}`);
}
const nothing = { create: 0, update: 0, replace: 0, delete: 0 };
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

/** The log of a large stack alone, in a network of its own. */
const cluster = (given: Given) => async () => {
  const settings = settingsOf(given);
  const context = {
    settings,
    names: namesOf({ slug: settings.tenant, subscriptionId }),
    ...{ subscriptionId, tenantId: directoryId },
  };
  const said = pulumi.output('an-identity');
  const log = createLog(context, {
    foundation: createFoundation(context),
    keys: { vaultUrl: 'https://kv.vault.azure.net' } as Keys,
    identity: { id: said, clientId: said, principalId: said },
  });
  return { disks: log.machines.map(({ diskId }) => diskId) };
};

describe.skipIf(noEngine !== undefined)(
  `the real engine and the machines of a stack${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    let bench: EngineBench;
    let driver: StackDriver;
    beforeAll(async () => {
      bench = await startBench(savedOnce);
      driver = bench.driver('fabrikam', async () => ({ ...(await stackProgram()) }));
      await driver.create();
      await configure(driver, small);
    });
    afterAll(() => bench.close());
    const inCloud = (type: string) => bench.azure.cloud.list().filter((one) => one.type.endsWith(`:${type}`));
    const machines = () => inCloud('VirtualMachine').filter(({ id }) => !id.endsWith('/plain'));
    /** What the providers really did since then, in order. */
    const since = (start: number, names: RegExp) =>
      bench.calls.slice(start).flatMap(({ method, urn, preview }) => {
        const name = urn.split('::').at(-1) ?? '';
        return ['create', 'update', 'delete'].includes(method) && !preview && names.test(name)
          ? [`${method} ${name}`]
          : [];
      });

    it('are asked of an Azure that refuses to give another text to a machine that is there', async () => {
      const program = (text: string) => async () => {
        new compute.VirtualMachine('plain', {
          resourceGroupName: 'rg',
          vmName: 'plain',
          location: 'swedencentral',
          osProfile: { computerName: 'plain', customData: Buffer.from(text).toString('base64') },
        });
      };
      const before = bench.driver('plain', program('one'));
      await before.create();
      done(await before.up());
      const refused = await bench.driver('plain', program('two')).up();
      expect(refused).toMatchObject({ ok: false, reason: 'failed' });
      expect(!refused.ok && refused.detail.join('\n')).toContain(
        `Code="PropertyChangeNotAllowed" Message="Changing property 'osProfile.customData' is not allowed."`,
      );
    });

    it('makes the machine anew for another image, also after Azure had no room for the new one, and attaches the same disk and network interface to it', async () => {
      done(await driver.up());
      const kept = () => [...inCloud('Disk'), ...inCloud('NetworkInterface'), ...inCloud('PublicIPAddress')];
      const before = kept();
      expect(before.map(({ type }) => type.split(':').at(-1))).toEqual(
        expect.arrayContaining(['Disk', 'NetworkInterface', 'PublicIPAddress']),
      );
      const [old] = machines();
      const start = bench.calls.length;
      await configure(driver, { image: `ghcr.io/tocsin/tocsin@${digest('9')}` });
      const mend = bench.azure.break({ operation: 'create', urn: '::machine', how: 'refused' });
      expect(await driver.up()).toMatchObject({ ok: false, reason: 'failed' });
      mend();
      expect(machines()).toEqual([]);
      expect(kept()).toEqual(before);

      const up = done(await driver.up());
      expect(kept()).toEqual(before);
      // What is a part of the machine goes with it, and nothing else of the whole stack is touched.
      expect(new Set(since(start, /./).map((step) => step.split(' ')[1]))).toEqual(
        new Set(['machine', 'machine-1-measured', 'machine-agent']),
      );
      expect(since(start, /^machine$/)).toEqual(['delete machine', 'create machine', 'create machine']);
      expect(up.counts).toMatchObject({ update: 0, delete: 0 });
      const [now, ...others] = machines();
      expect(others).toEqual([]);
      expect(now?.id).toBe(old?.id);
      const text = (one = now) =>
        Buffer.from(String((one?.inputs['osProfile'] as Bag | undefined)?.['customData']), 'base64').toString();
      expect(text()).toBe(text(old).replaceAll(digest('a'), digest('9')));
      const resources = (await driver.state()).resources ?? [];
      const isProtected = (name: string) =>
        resources.find(({ urn }) => urn.endsWith(`::${name}`) && !urn.includes('tocsin:infra:Runtime::'))?.protect ===
        true;
      expect([isProtected('machine'), isProtected('machine-disk')]).toEqual([false, true]);
    });

    it('changes nothing when it runs again', async () => {
      expect(done(await driver.up()).counts).toMatchObject(nothing);
    });

    it('makes nodes of a cluster anew one after another, each when the one before it has joined again, and leaves the others as they are until then', async () => {
      const begin = bench.driver('cluster', cluster(large));
      await begin.create();
      done(await begin.up());
      const node = /^log-machine-\d(?:-ready|-card|-disk)?$/;
      const anew = (number: number) => [
        `delete log-machine-${number}-ready`,
        `delete log-machine-${number}`,
        `create log-machine-${number}`,
        `create log-machine-${number}-ready`,
      ];
      const next = bench.driver(
        'cluster',
        cluster({ ...large, logImage: `docker.io/eventstore/eventstore@${digest('7')}` }),
      );
      let start = bench.calls.length;
      const mend = bench.azure.break({ operation: 'create', urn: '::log-machine-2-ready', how: 'refused' });
      expect(await next.up()).toMatchObject({ ok: false, reason: 'failed' });
      mend();
      expect(since(start, node)).toEqual([...anew(1), ...anew(2)]);

      start = bench.calls.length;
      const rest = done(await next.up());
      expect(since(start, node)).toEqual(['create log-machine-2-ready', ...anew(3)]);
      // The engine takes nothing for made that it deleted again.
      const parts = ((await next.state()).resources ?? []).filter(({ type }) =>
        type.endsWith(':VirtualMachineExtension'),
      );
      expect(parts).toHaveLength(6);
      expect(parts.filter(({ id }) => bench.azure.cloud.get(id ?? '') === undefined)).toEqual([]);
      expect(rest.counts).toMatchObject({ update: 0, delete: 0 });
    });
  },
);
