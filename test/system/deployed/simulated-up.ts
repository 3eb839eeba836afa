import * as pulumi from '@pulumi/pulumi';
import { armPaths } from '#infra/driver/arm-ids.ts';
import { createAzureNative } from '#simulator/azure/azure-native.ts';
import { createAzureAd } from '#simulator/azure/azuread.ts';
import { type CloudResource, createCloudFolder } from '#simulator/azure/cloud-folder.ts';
import { createDeclarations } from '#simulator/azure/declarations.ts';
import type { Given } from '#test/infra/given.ts';

/** What an `up` in the simulated Azure leaves. */
export interface SimulatedUp {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly resources: readonly CloudResource[];
}

const place = {
  subscriptionId: '5ca1ab1e-0000-4000-8000-000000000001',
  tenantId: '5ca1ab1e-0000-4000-8000-000000000002',
};

/**
 * Runs the program against the providers of the simulated Azure without the engine, which takes a minute. Once in each test process, as Pulumi keeps
 * state in its module.
 * @param folder where the simulated cloud is kept
 */
export async function simulatedUp(folder: string, given: Given): Promise<SimulatedUp> {
  const cloud = createCloudFolder(folder);
  const declarations = createDeclarations();
  const shared = { ...place, cloud, declarations };
  const providers = {
    'azure-native': createAzureNative({ ...shared, paths: armPaths }),
    azuread: createAzureAd({ ...shared, newId: () => crypto.randomUUID() }),
  };
  const providerOf = (type: string) => providers[type.split(':')[0] as keyof typeof providers];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        const bare = unversioned(type);
        const provider = providerOf(bare);
        if (provider === undefined) return { id: name, state: inputs };
        const plain = plainOf(inputs) as Record<string, unknown>;
        const checked = provider.check({ type: bare, name, inputs: plain });
        if (checked.faults.length > 0) throw new Error(`${type} ${name}: ${JSON.stringify(checked.faults)}`);
        const made = provider.create(bare, checked.inputs);
        if (!made.ok) throw new Error(made.text);
        cloud.put({ id: made.id, type: bare, inputs: checked.inputs, computed: made.computed });
        return { id: made.id, state: { ...checked.inputs, ...made.computed } };
      },
      call: ({ token, inputs }) => providerOf(token).invoke(token, inputs) as Record<string, unknown>,
    },
    'tocsin',
    given['tenant'] ?? 'test',
    false,
  );
  pulumi.runtime.setAllConfig(Object.fromEntries(Object.entries(given).map(([key, text]) => [`tocsin:${key}`, text])));
  const { stackProgram } = await import('#infra/stack-program.ts');
  const outputs = await settled(await stackProgram());
  await pulumi.runtime.disconnect();
  return { outputs: outputs as Record<string, unknown>, resources: cloud.list() };
}

/** `azure-native:storage/v20230101:StorageAccount` is `azure-native:storage:StorageAccount`. */
const unversioned = (type: string) => type.replace(/\/v\d+:/, ':');

const secretKey = '4dabf18193072939515e22adb298388d';

/** Secrets as providers get them: the value alone. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  const bag = value as Record<string, unknown>;
  if (bag[secretKey] !== undefined) return plainOf(bag['value']);
  return Object.fromEntries(Object.entries(bag).map(([name, one]) => [name, plainOf(one)]));
}

function settled(value: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    (pulumi.output(value) as pulumi.Output<unknown>).apply((plain) => resolve(plain));
  });
}
