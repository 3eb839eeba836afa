import * as pulumi from '@pulumi/pulumi';
import { canaries, directoryId, type Given, subscriptionId } from '#test/infra/given.ts';

/** One resource as it was registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** `type::name` of the parent; absent for what stands at the top. */
  readonly parent?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Names of what is made before it: by its inputs, or because the program says so. */
  readonly after: readonly string[];
}

export interface MockedStack {
  readonly resources: readonly Registered[];
  readonly calls: readonly { readonly token: string; readonly inputs: Readonly<Record<string, unknown>> }[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

const secretSignature = '1b47061264138c4ac30d75fd1eb44270';
const signatureKey = '4dabf18193072939515e22adb298388d';

/** True for a value that the engine is told to encrypt. */
export function isSecret(value: unknown): value is { readonly value: unknown } {
  return (
    typeof value === 'object' && value !== null && (value as Record<string, unknown>)[signatureKey] === secretSignature
  );
}

/** The value with everything secret taken out of its wrapping. */
export function bare(value: unknown): unknown {
  if (isSecret(value)) return bare(value.value);
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bare(one)]));
  return value;
}

/** Ids of permissions in the mocked tenant: made from their names, so that a test sees whether they were looked up. */
export const permissionIdOf = (name: string): string => `id-of-${name}`;
const names = (list: readonly string[]) => Object.fromEntries(list.map((name) => [name, permissionIdOf(name)]));

/**
 * Runs the entry of the program with mocked providers. Once in each test process: the program is loaded by its path, as the language host does, and
 * Pulumi keeps state in its module.
 */
export async function runStack(given: Given): Promise<MockedStack> {
  const resources: Registered[] = [];
  const calls: { token: string; inputs: Record<string, unknown> }[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => ({ id: idOf(args.type, args.name), state: stateOf(args.type, args.name, args.inputs) }),
      call: (args) => {
        calls.push({ token: args.token, inputs: args.inputs });
        return answerOf(args.token);
      },
    },
    'tocsin',
    given['tenant'] ?? 'test',
    false,
  );
  watchRegistrations(resources);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(given).map(([key, value]) => [`tocsin:${key}`, value])),
  );
  const loaded = (await import('#infra/index.ts')) as Record<string, unknown>;
  const outputs = Object.fromEntries(
    await Promise.all(Object.entries(loaded).map(async ([key, value]) => [key, await settled(value)] as const)),
  );
  await pulumi.runtime.disconnect();
  return { resources, calls, outputs };
}

/** Mocks see neither parents nor protection nor order: what goes to the engine's monitor is looked at instead. */
function watchRegistrations(resources: Registered[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: (error: unknown, response: unknown) => void): void;
  };
  const original = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const parent = request.getParent();
    resources.push({
      type: request.getType(),
      name: request.getName(),
      ...(parent === '' ? {} : { parent: parent.split('::').slice(2).join('::').split('$').at(-1) ?? '' }),
      inputs: request.getObject()?.toJavaScript() ?? {},
      protect: request.getProtect() === true,
      retainOnDelete: request.getRetainondelete() === true,
      after: request.getDependenciesList().map((urn) => urn.split('::').at(-1) ?? urn),
    });
    original(request, callback);
  };
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getDependenciesList(): readonly string[];
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

async function settled(value: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    (pulumi.output(value) as pulumi.Output<unknown>).apply((plain) => resolve(plain));
  });
}

function idOf(type: string, name: string): string {
  return type.startsWith('azure-native:')
    ? `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/${type.split(':').slice(1).join('/')}/${name}`
    : `${type.split(':').at(-1)}/${name}`;
}

/** Outputs that the program reads and that no input says. */
function stateOf(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(inputs).find(
    ([key, value]) =>
      typeof value === 'string' && /^(?:[a-z]+(?:Name)|resourceName)$/i.test(key) && ownName(type) === key,
  )?.[1];
  return {
    ...inputs,
    name: inputs['name'] ?? given ?? name,
    principalId: `principal-of-${name}`,
    clientId: inputs['clientId'] ?? `client-of-${name}`,
    objectId: `object-of-${name}`,
    defaultDomain: 'happyfield-0a1b2c3d.swedencentral.azurecontainerapps.io',
    staticIp: '10.40.0.100',
    ipAddress: '192.0.2.10',
    fullyQualifiedDomainName: `${given ?? name}.postgres.database.azure.com`,
    ...(type === 'azure-native:dataprotection:BackupVault'
      ? { identity: { type: 'SystemAssigned', principalId: `principal-of-${name}` } }
      : {}),
    ...(name === 'microsoft-graph'
      ? {
          oauth2PermissionScopeIds: names([
            'User.Read',
            'Chat.Read',
            'Chat.ReadBasic',
            'ChatMessage.Read',
            'openid',
            'offline_access',
            'profile',
            'Chat.ReadWrite',
          ]),
          appRoleIds: names(['CallEvents-Emergency.Read.All', 'Chat.Read.All']),
        }
      : {}),
  };
}

/** The input that holds a resource's own name. */
function ownName(type: string): string {
  const own: Readonly<Record<string, string>> = {
    'azure-native:resources:ResourceGroup': 'resourceGroupName',
    'azure-native:eventhub:Namespace': 'namespaceName',
    'azure-native:eventhub:EventHub': 'eventHubName',
    'azure-native:storage:StorageAccount': 'accountName',
    'azure-native:storage:BlobContainer': 'containerName',
    'azure-native:keyvault:Vault': 'vaultName',
    'azure-native:privatedns:PrivateZone': 'privateZoneName',
    'azure-native:dbforpostgresql:Server': 'serverName',
    'azure-native:app:ContainerApp': 'containerAppName',
    'azure-native:compute:VirtualMachine': 'vmName',
    'azure-native:dataprotection:BackupVault': 'vaultName',
  };
  return own[type] ?? '';
}

function answerOf(token: string): Record<string, unknown> {
  switch (token) {
    case 'azure-native:authorization:getClientConfig':
      return { subscriptionId, tenantId: directoryId, clientId: 'client', objectId: 'object' };
    case 'azuread:index/getClientConfig:getClientConfig':
      return { tenantId: directoryId, clientId: 'client', objectId: 'object' };
    case 'azuread:index/getUser:getUser':
      return { objectId: 'object-of-service-user' };
    case 'azure-native:storage:listStorageAccountKeys':
      return { keys: [{ keyName: 'key1', value: canaries.storageKey, permissions: 'FULL' }] };
    default:
      throw new Error(`the program asks for ${token}, which no test knows`);
  }
}
