import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Rule } from '#infra/policy/rule.ts';
import { allowedRegions, regions } from '#infra/policy/rules/allowed-regions.ts';
import { everyRule } from '#infra/policy/rules/every-rule.ts';
import { imageByDigest } from '#infra/policy/rules/image-by-digest.ts';
import { exception, noLocalAuth } from '#infra/policy/rules/no-local-auth.ts';
import { noPublicBlobs } from '#infra/policy/rules/no-public-blobs.ts';
import { noWideRoles } from '#infra/policy/rules/no-wide-roles.ts';
import { purgeProtection } from '#infra/policy/rules/purge-protection.ts';
import { required, requiredTags, taggable } from '#infra/policy/rules/required-tags.ts';
import { retention } from '#infra/policy/rules/retention.ts';
import { tls } from '#infra/policy/rules/tls.ts';
import { allRegions } from '#infra/regions.ts';
import { sharedKeyReason, sharedKeyTag, requiredTags as stackTags } from '#infra/tags.ts';
import { argumentsOf } from '#test/infra/argument-types.ts';

const native = (type: string) => `azure-native:${type}`;
const digest = `@sha256:${'a'.repeat(64)}`;
const role = (scope: string, id = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde') => ({
  scope,
  roleDefinitionId: `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${id}`,
});
const tags = Object.fromEntries(required.map((tag) => [tag, 'x']));
const vault = (properties: object) => ({ properties: { softDeleteRetentionInDays: 90, ...properties } });

/** Properties as Pulumi hands them to a rule in a preview: to read one that is known only later throws. */
const { unknownCheckingProxy: previewed, unknownStringValue: later } = createRequire(import.meta.url)(
  '@pulumi/policy/proxy.js',
) as {
  readonly unknownCheckingProxy: (props: object) => Readonly<Record<string, unknown>>;
  readonly unknownStringValue: unknown;
};

/** Rule, type, what passes, what does not, and a word of what is said then. */
const cases = [
  [tls, native('eventhub:Namespace'), { minimumTlsVersion: '1.2' }, { minimumTlsVersion: '1.1' }, '1.2'],
  [tls, native('eventhub:Namespace'), { minimumTlsVersion: '1.3' }, {}, '1.2'],
  [
    tls,
    native('storage:StorageAccount'),
    { minimumTlsVersion: 'TLS1_2', enableHttpsTrafficOnly: true },
    { minimumTlsVersion: 'TLS1_0', enableHttpsTrafficOnly: true },
    'TLS1_2',
  ],
  [
    tls,
    native('storage:StorageAccount'),
    { minimumTlsVersion: 'TLS1_3', enableHttpsTrafficOnly: true },
    { minimumTlsVersion: 'TLS1_2' },
    'enableHttpsTrafficOnly',
  ],
  [
    tls,
    native('app:ContainerApp'),
    { configuration: { ingress: { allowInsecure: false } } },
    { configuration: { ingress: { allowInsecure: true } } },
    'allowInsecure',
  ],
  [
    tls,
    native('dbforpostgresql:Configuration'),
    { configurationName: 'ssl_min_protocol_version', value: 'TLSv1.2' },
    { configurationName: 'ssl_min_protocol_version', value: 'TLSv1' },
    'TLSv1.2',
  ],
  [
    tls,
    native('dbforpostgresql:Configuration'),
    { configurationName: 'require_secure_transport', value: 'on' },
    { configurationName: 'require_secure_transport', value: 'OFF' },
    'must be on',
  ],
  [noLocalAuth, native('eventhub:Namespace'), { disableLocalAuth: true }, {}, 'disableLocalAuth'],
  [noLocalAuth, native('storage:StorageAccount'), { allowSharedKeyAccess: false }, {}, 'allowSharedKeyAccess'],
  [
    noLocalAuth,
    native('storage:StorageAccount'),
    { allowSharedKeyAccess: true, tags: { [exception.tag]: exception.reason } },
    { allowSharedKeyAccess: true, tags: { [exception.tag]: 'because' } },
    'allowSharedKeyAccess',
  ],
  [
    noLocalAuth,
    native('keyvault:Vault'),
    { properties: { enableRbacAuthorization: true } },
    { properties: {} },
    'enableRbacAuthorization',
  ],
  [
    noLocalAuth,
    native('operationalinsights:Workspace'),
    { features: { disableLocalAuth: true } },
    {},
    'disableLocalAuth',
  ],
  [
    noLocalAuth,
    native('compute:VirtualMachine'),
    { osProfile: { linuxConfiguration: { disablePasswordAuthentication: true } } },
    { osProfile: { adminPassword: 'x' } },
    'disablePasswordAuthentication',
  ],
  [noPublicBlobs, native('storage:StorageAccount'), { allowBlobPublicAccess: false }, {}, 'allowBlobPublicAccess'],
  [noPublicBlobs, native('storage:BlobContainer'), { publicAccess: 'None' }, { publicAccess: 'Blob' }, 'publicAccess'],
  [
    purgeProtection,
    native('keyvault:Vault'),
    vault({ enablePurgeProtection: true }),
    vault({ enablePurgeProtection: false }),
    'enablePurgeProtection',
  ],
  [
    purgeProtection,
    native('keyvault:Vault'),
    vault({ enablePurgeProtection: true, enableSoftDelete: true }),
    vault({ enablePurgeProtection: true, enableSoftDelete: false }),
    'enableSoftDelete',
  ],
  [
    noWideRoles,
    native('authorization:RoleAssignment'),
    role('/subscriptions/s/resourceGroups/g/x'),
    role('/subscriptions/s'),
    'wider',
  ],
  [
    noWideRoles,
    native('authorization:RoleAssignment'),
    role('/subscriptions/s/resourceGroups/g'),
    role('/providers/Microsoft.Management/managementGroups/m'),
    'wider',
  ],
  [
    noWideRoles,
    native('authorization:RoleAssignment'),
    role('/subscriptions/s/resourceGroups/g'),
    role('/subscriptions/s/resourceGroups/g', '8E3AF657-A8FF-443C-A75C-2FE8C4BCB635'),
    'manages everything',
  ],
  [requiredTags, native('keyvault:Vault'), { tags }, { tags: { ...tags, 'tocsin-tenant': '' } }, 'tocsin-tenant'],
  [requiredTags, native('resources:ResourceGroup'), { tags: { ...tags, more: 'y' } }, {}, 'managed-by'],
  [
    retention,
    native('eventhub:EventHub'),
    { retentionDescription: { retentionTimeInHours: 168 } },
    { retentionDescription: { retentionTimeInHours: 12 } },
    'from 24',
  ],
  [retention, native('operationalinsights:Workspace'), { retentionInDays: 30 }, { retentionInDays: 731 }, '730'],
  [
    retention,
    native('storage:StorageAccount'),
    { immutableStorageWithVersioning: { immutabilityPolicy: { immutabilityPeriodSinceCreationInDays: 400 } } },
    { immutableStorageWithVersioning: { immutabilityPolicy: { immutabilityPeriodSinceCreationInDays: 1 } } },
    'from 30',
  ],
  [retention, native('keyvault:Vault'), vault({}), vault({ softDeleteRetentionInDays: 7 }), 'must be 90'],
  [
    retention,
    native('dbforpostgresql:Server'),
    { backup: { backupRetentionDays: 14 } },
    { backup: { backupRetentionDays: 1 } },
    'from 7',
  ],
  [allowedRegions, native('keyvault:Vault'), { location: 'swedencentral' }, { location: 'mars' }, 'mars'],
  [allowedRegions, native('keyvault:Vault'), { location: 'Sweden Central' }, { location: 'chinaeast2' }, 'chinaeast2'],
  [
    imageByDigest,
    native('app:ContainerApp'),
    { template: { containers: [{ image: `a/b${digest}` }] } },
    { template: { containers: [{ image: `a/b${digest}` }, { image: 'a/b:1.0' }] } },
    'a/b:1.0',
  ],
  [
    imageByDigest,
    native('app:Job'),
    { template: { containers: [{ image: `a${digest}` }], initContainers: [{ image: `b${digest}` }] } },
    { template: { containers: [{ image: `a${digest}` }], initContainers: [{}] } },
    '(none)',
  ],
] as const;

describe('each rule lets pass what is right and says what is not', () => {
  it.each(
    cases.map(
      ([rule, type, right, wrong, said]) => [`${rule.name} on ${type}`, { rule, type, right, wrong, said }] as const,
    ),
  )('%s', (_name, { rule, type, right, wrong, said }) => {
    expect(rule.check({ type, name: 'one', props: right })).toEqual([]);
    const violations = rule.check({ type, name: 'one', props: wrong });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(said);
  });

  it('has a case both ways for every rule', () => {
    expect(everyRule.filter((rule) => !cases.some(([tested]) => tested === rule)).map(({ name }) => name)).toEqual([]);
  });

  it('lets a scope pass that is only known later, and says nothing about other types', () => {
    expect(noWideRoles.check({ type: native('authorization:RoleAssignment'), name: 'one', props: {} })).toEqual([]);
    const other = everyRule.flatMap((rule) =>
      rule.check({ type: 'azuread:index/group:Group', name: 'one', props: {} }),
    );
    expect(other).toEqual([]);
    expect(
      allowedRegions.check({ type: native('keyvault:Vault'), name: 'one', props: { location: 'global' } }),
    ).toEqual([]);
  });

  it.each([
    'azure-native:eventhub:EventHubAuthorizationRule',
    'azure-native:eventhub:NamespaceAuthorizationRule',
    'azure-native:keyvault:AccessPolicy',
    'azuread:index/applicationPassword:ApplicationPassword',
    'azuread:index/servicePrincipalPassword:ServicePrincipalPassword',
  ])('no-local-auth refuses %s whatever is in it', (type) => {
    expect(noLocalAuth.check({ type, name: 'one', props: {} })).toHaveLength(1);
  });
});

describe('in a preview, where something is known only later', () => {
  const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
  const halfKnown: readonly (readonly [string, Rule, string, object, string])[] = [
    [
      'a role that manages everything is refused on what is new',
      noWideRoles,
      'authorization:RoleAssignment',
      { ...role('', owner), scope: later },
      'manages everything',
    ],
    [
      'a role on a subscription is refused although nobody knows yet which it is',
      noWideRoles,
      'authorization:RoleAssignment',
      { scope: '/subscriptions/s', roleDefinitionId: later },
      'is wider',
    ],
    [
      'a vault without soft delete is refused',
      purgeProtection,
      'keyvault:Vault',
      { properties: { enablePurgeProtection: later, enableSoftDelete: false } },
      'enableSoftDelete',
    ],
    [
      'storage that takes plain text is refused',
      tls,
      'storage:StorageAccount',
      { minimumTlsVersion: later, enableHttpsTrafficOnly: false },
      'enableHttps',
    ],
    [
      'a tag that is missing is missed',
      requiredTags,
      'keyvault:Vault',
      { tags: { 'tocsin-tenant': later } },
      'managed-by',
    ],
    [
      'an image by tag is refused beside one that is not known',
      imageByDigest,
      'app:ContainerApp',
      { template: { containers: [{ image: later }, { image: 'a:1' }] } },
      'a:1',
    ],
  ];
  it.each(halfKnown)('%s', (_name, rule, type, props, said) => {
    const violations = rule.check({ type: native(type), name: 'one', props: previewed(props) });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(said);
  });

  it('Pulumi is told what could not be judged when nothing else is wrong', () => {
    const props = previewed({ ...role(''), scope: later });
    const check = () => noWideRoles.check({ type: native('authorization:RoleAssignment'), name: 'one', props });
    expect(check).toThrow(/can't be known during preview/);
  });
});

describe('the pack', () => {
  it('has rules with names of their own, none of them `all`', () => {
    const names = everyRule.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('all');
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  it('knows the regions, tags and the exception of the stack', () => {
    expect(regions).toEqual(allRegions);
    expect(required).toEqual(stackTags);
    expect(exception).toEqual({ tag: sharedKeyTag, reason: sharedKeyReason });
  });

  it('asks for tags only where the type has them', { timeout: 60_000 }, () => {
    expect(taggable.filter((type) => !argumentsOf(type).has('tags'))).toEqual([]);
  });
});
