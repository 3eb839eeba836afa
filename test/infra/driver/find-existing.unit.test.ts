import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armPaths } from '#infra/driver/arm-ids.ts';
import { deletedVaultLines, findDeletedVaults, plannedVaults } from '#infra/driver/deleted-vaults.ts';
import { lookedUpInDirectory } from '#infra/driver/directory-ids.ts';
import { type Doubtful, findExisting, remedyLines } from '#infra/driver/find-existing.ts';
import { createAzureNative } from '#simulator/azure/azure-native.ts';
import { createAzureAd } from '#simulator/azure/azuread.ts';
import { type CloudFolder, createCloudFolder } from '#simulator/azure/cloud-folder.ts';
import { createDeclarations } from '#simulator/azure/declarations.ts';
import { type SimulatedReads, startSimulatedReads } from '#simulator/azure/simulated-reads.ts';

type Inputs = Readonly<Record<string, unknown>>;

const typeOf = (kind: string) => `azuread:index/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`;
const pem = (body: string) =>
  `-----BEGIN CERTIFICATE-----\n${body.slice(0, 8)}\n${body.slice(8)}\n-----END CERTIFICATE-----\n`;
/** As `pulumi stack export --show-secrets` writes it. */
const secret = (value: string) => ({
  '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
  plaintext: JSON.stringify(value),
});
const kinds = ['Application', 'ServicePrincipal', ...lookedUpInDirectory];
const doubt = (kind: string, inputs: Inputs): Doubtful => ({
  urn: `urn:pulumi:contoso::tocsin::tocsin:infra:Identity$${typeOf(kind)}::my-${kind}`,
  type: typeOf(kind),
  parent: 'urn:pulumi:contoso::tocsin::tocsin:infra:Identity::identity',
  inputs,
});

describe('what a killed run had begun to make in the directory', () => {
  let folder: string;
  let cloud: CloudFolder;
  let reads: SimulatedReads;
  let azuread: ReturnType<typeof createAzureAd>;
  let asked: Readonly<Record<string, Inputs>>;
  /** What the provider of the directory says instead of an answer. */
  let refusal: string | undefined;

  const make = (kind: string, inputs: Inputs): string => {
    const made = azuread.create(typeOf(kind), inputs);
    if (!made.ok) throw new Error(made.text);
    cloud.put({ id: made.id, type: typeOf(kind), inputs, computed: made.computed });
    return made.id;
  };
  const find = (doubtful: readonly Doubtful[], graphUrl = reads.graphUrl) =>
    findExisting(doubtful, { graphUrl, sleep: async () => {} });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-directory-'));
    cloud = createCloudFolder(folder);
    const shared = { cloud, declarations: createDeclarations(), subscriptionId: 's', tenantId: 't' };
    azuread = createAzureAd({ ...shared, newId: () => crypto.randomUUID() });
    const native = createAzureNative({ ...shared, paths: armPaths });
    reads = await startSimulatedReads(cloud, 't');
    await pulumi.runtime.setMocks({
      newResource: ({ name }) => ({ id: name, state: {} }),
      call: ({ token, inputs }) => {
        const provider = token.startsWith('azuread:') ? azuread : native;
        try {
          if (refusal !== undefined && provider === azuread) throw new Error(refusal);
          return provider.invoke(token, inputs) as Record<string, unknown>;
        } catch (error) {
          // As the engine hands on what a provider says.
          const details = `invocation of ${token} returned an error: ${error instanceof Error ? error.message : error}`;
          throw Object.assign(new Error(details), { details });
        }
      },
    });
    const applicationId = make('Application', { displayName: 'Tocsin' });
    const clientId = String(cloud.get(applicationId)?.computed['clientId']);
    const principal = make('ServicePrincipal', { clientId }).split('/').at(-1);
    asked = {
      Application: { displayName: 'Tocsin' },
      ServicePrincipal: { clientId },
      AppRoleAssignment: { appRoleId: 'role', principalObjectId: 'group', resourceObjectId: principal },
      ServicePrincipalDelegatedPermissionGrant: {
        ...{ servicePrincipalObjectId: principal, resourceServicePrincipalObjectId: 'graph' },
        ...{ userObjectId: 'user', claimValues: ['Chat.Read'] },
      },
      ApplicationFederatedIdentityCredential: { applicationId, displayName: 'worker', issuer: 'i', subject: 's' },
      ApplicationCertificate: { applicationId, encoding: 'pem', value: secret(pem('MIIBrightone')) },
      ApplicationPreAuthorized: { applicationId, authorizedClientId: 'cli', permissionIds: ['scope'] },
    };
  });
  afterAll(async () => {
    await reads.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is asked for by every type that the program makes', () => {
    const made = readdirSync('infra/components').flatMap((file) =>
      [...readFileSync(`infra/components/${file}`, 'utf8').matchAll(/new azuread\.(\w+)\(/g)].map(([, name]) => name),
    );
    expect([...new Set(made)].sort()).toEqual([...kinds].sort());
  });

  it('is not there as long as only its neighbours are', async () => {
    const { applicationId } = asked['ApplicationCertificate'] ?? {};
    const assignment = asked['AppRoleAssignment'] ?? {};
    // More than a page of each.
    for (const other of ['a', 'b', 'c']) {
      make('AppRoleAssignment', { ...assignment, principalObjectId: other });
      make('AppRoleAssignment', { ...assignment, appRoleId: other });
      make('ServicePrincipalDelegatedPermissionGrant', {
        ...asked['ServicePrincipalDelegatedPermissionGrant'],
        userObjectId: other,
      });
      make('ApplicationFederatedIdentityCredential', { applicationId, displayName: other });
    }
    make('ApplicationCertificate', { applicationId, encoding: 'pem', value: pem('MIIBotherone') });
    const looked = lookedUpInDirectory.filter((kind) => kind !== 'ApplicationPreAuthorized');
    expect(await find(looked.map((kind) => doubt(kind, asked[kind] ?? {})))).toEqual({ ids: {}, unclear: [] });
    // What belongs to something that is gone, too.
    const gone = doubt('ApplicationFederatedIdentityCredential', {
      applicationId: '/applications/gone',
      displayName: 'x',
    });
    expect(await find([gone])).toEqual({ ids: {}, unclear: [] });
  });

  it('is found with the ids that the provider imports, each of the seven types', async () => {
    const made = Object.fromEntries(
      kinds.map((kind) => {
        const inputs = asked[kind] ?? {};
        if (kind === 'Application' || kind === 'ServicePrincipal')
          return [kind, cloud.list().find(({ type }) => type === typeOf(kind))?.id];
        return [
          kind,
          make(kind, kind === 'ApplicationCertificate' ? { ...inputs, value: pem('MIIBrightone') } : inputs),
        ];
      }),
    );
    const { ids, unclear } = await find(kinds.map((kind) => doubt(kind, asked[kind] ?? {})));
    expect(unclear).toEqual([]);
    expect(ids).toEqual(Object.fromEntries(kinds.map((kind) => [doubt(kind, {}).urn, made[kind]])));
    expect(Object.values(ids).map((id) => id.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '#'))).toEqual(
      expect.arrayContaining([
        ...['/applications/#', '/servicePrincipals/#', '/servicePrincipals/#/appRoleAssignedTo/#'],
        ...['/oauth2PermissionGrants/#', '#/federatedIdentityCredential/#', '#/certificate/#'],
        '#/preAuthorizedApplication/cli',
      ]),
    );
  });

  it('is not decided where a certificate stayed secret, or is there twice', async () => {
    const inputs = asked['ApplicationCertificate'] ?? {};
    const ciphertext = { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', ciphertext: 'v1:x' };
    const hidden = await find([doubt('ApplicationCertificate', { ...inputs, value: ciphertext })]);
    expect(hidden.ids).toEqual({});
    expect(hidden.unclear[0]?.why).toContain('does not say which of the certificates');
    cloud.put({
      id: `${String(inputs['applicationId']).split('/').at(-1)}/certificate/again`,
      type: typeOf('ApplicationCertificate'),
      inputs: { ...inputs, value: pem('MIIBrightone') },
      computed: {},
    });
    expect((await find([doubt('ApplicationCertificate', inputs)])).unclear[0]?.why).toBe('it is there 2 times');
  });

  it.each([
    ['is simulated', undefined],
    [
      'is the real one, of an application',
      '1 error occurred:\n\t* Application not found: no applications found matching filter: "displayName eq \'Other\'"\n\n',
    ],
    [
      'is the real one, of a service principal',
      '1 error occurred:\n\t* No service principal found: no service principal found\n\n',
    ],
  ])('was not made where the provider says so by name, which %s', async (_what, words) => {
    refusal = words;
    const application = doubt('Application', { displayName: 'Other' });
    const principal = doubt('ServicePrincipal', { clientId: 'other' });
    const all = [application, principal];
    const doubtful =
      words === undefined
        ? all
        : all.filter(({ type }) => words.includes('Application') === type.endsWith(':Application'));
    try {
      expect(await find(doubtful)).toEqual({ ids: {}, unclear: [] });
    } finally {
      refusal = undefined;
    }
  });

  it.each([
    [
      'refuses',
      'Listing applications for filter "displayName eq \'Tocsin\'": unexpected status 403 (403 Forbidden) with error: Authorization_RequestDenied: Insufficient privileges',
    ],
    ['fails', 'Listing service principals for filter "x": unexpected status 503 (503 Service Unavailable)'],
    ['is out of reach', 'dial tcp: lookup graph.microsoft.com: no such host'],
    ['knows several', 'Multiple applications found: found multiple applications matching filter: "x"'],
    [
      'does not know who asks',
      "AADSTS700016: Application with identifier '6f0f' was not found in the directory 'Contoso'.",
    ],
    ['says nothing', ''],
  ])(
    'is not decided where the directory %s when it is asked by name, so that nothing is made twice',
    async (_what, words) => {
      refusal = words;
      try {
        for (const kind of ['Application', 'ServicePrincipal']) {
          const { ids, unclear } = await find([doubt(kind, asked[kind] ?? {})]);
          expect(ids).toEqual({});
          expect(unclear.map(({ of }) => of.type)).toEqual([typeOf(kind)]);
          expect(unclear[0]?.why).toContain(words);
          expect(unclear[0]?.why).not.toContain('\n');
        }
      } finally {
        refusal = undefined;
      }
    },
  );

  it('leaves a person the commands where the provider is refused, and where the state hides the name', async () => {
    refusal = 'unexpected status 403';
    try {
      const { unclear } = await find([doubt('Application', { displayName: "Tocsin d'Arc: desk" })]);
      expect(remedyLines(unclear).slice(0, 3)).toEqual([
        'my-Application: invocation of azuread:index/getApplication:getApplication returned an error: unexpected status 403',
        `  look whether it is there: az rest --method get --url "${reads.graphUrl}/applications?\\$filter=displayName eq 'Tocsin d''Arc: desk'"`,
        expect.stringContaining(" my-Application '/applications/<object id>' --stack contoso "),
      ]);
    } finally {
      refusal = undefined;
    }
    const hidden = await find([doubt('ServicePrincipal', {})]);
    expect(hidden).toMatchObject({ ids: {}, unclear: [{ why: 'the state does not say its clientId' }] });
  });

  it('leaves a person the commands where Graph refuses', async () => {
    const closed = await startSimulatedReads(cloud, 'another tenant');
    try {
      const inputs = { ...asked['AppRoleAssignment'], resourceObjectId: 'r' };
      const { ids, unclear } = await find([doubt('AppRoleAssignment', inputs)], closed.graphUrl);
      expect(ids).toEqual({});
      expect(remedyLines(unclear)).toEqual([
        'my-AppRoleAssignment: Graph answers 401 to GET /servicePrincipals/r/appRoleAssignedTo (InvalidAuthenticationToken)',
        `  look whether it is there: az rest --method get --url "${closed.graphUrl}/servicePrincipals/r/appRoleAssignedTo"`,
        "  where it is: pulumi import azuread:index/appRoleAssignment:AppRoleAssignment my-AppRoleAssignment '/servicePrincipals/r/appRoleAssignedTo/<id of the assignment>' --stack contoso --parent 'parent=urn:pulumi:contoso::tocsin::tocsin:infra:Identity::identity' --protect=false --generate-code=false",
        expect.stringContaining('run the same command again'),
        expect.stringContaining('pulumi refresh --clear-pending-creates --stack contoso'),
      ]);
    } finally {
      await closed.stop();
    }
    expect(remedyLines([])).toEqual([]);
  });

  it('is asked beside it: vaults of an earlier stack that still have the names of new ones', async () => {
    const vault = (name: string) => ({
      vaultName: name,
      location: 'swedencentral',
      resourceGroupName: 'not known yet',
    });
    const type = 'azure-native:keyvault:Vault';
    const planned = plannedVaults([
      {
        op: 'create',
        type: 'azure-native:resources:ResourceGroup',
        inputs: { resourceGroupName: 'rg-tocsin-contoso' },
      },
      { op: 'create', type, inputs: vault('kv-old') },
      { op: 'create', type, inputs: vault('kv-new') },
      { op: 'same', type, inputs: vault('kv-there') },
      { op: 'create', type: 'azure-native:keyvault:Key', inputs: vault('kv-old') },
    ]);
    expect(planned.map(({ name }) => name)).toEqual(['kv-old', 'kv-new']);
    cloud.put({
      id: '/subscriptions/s/providers/Microsoft.KeyVault/locations/swedencentral/deletedVaults/kv-old',
      type: 'deleted vault',
      inputs: { scheduledPurgeDate: '2027-02-19T09:00:00Z' },
      computed: {},
    });
    const { armUrl } = reads;
    const sleep = async () => {};
    const deleted = await findDeletedVaults(planned, { armUrl, sleep });
    expect(deleted).toEqual([
      { name: 'kv-old', region: 'swedencentral', group: 'rg-tocsin-contoso', until: '2027-02-19T09:00:00Z' },
    ]);
    expect(deletedVaultLines('contoso', deleted)).toEqual(
      expect.arrayContaining([
        '  kv-old was deleted with an earlier stack, and nobody can purge it; Azure keeps its name until 2027-02-19T09:00:00Z',
        '  az group create --name rg-tocsin-contoso --location swedencentral',
        '  az keyvault recover --name kv-old --location swedencentral --resource-group rg-tocsin-contoso',
      ]),
    );
    const closed = await startSimulatedReads(cloud, 'another tenant');
    try {
      const asked = findDeletedVaults(planned, { armUrl: closed.armUrl, sleep });
      await expect(asked).rejects.toThrow('Azure answers 401');
    } finally {
      await closed.stop();
    }
  });
});
