import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costLines, estimateCosts, pricesAsOf } from '#infra/driver/costs.ts';
import { driftOf } from '#infra/driver/drift.ts';
import { firstLockFaults } from '#infra/driver/first-lock.ts';
import { leavingOrder, refuseDestroy } from '#infra/driver/leaving.ts';
import { outboundLines } from '#infra/driver/outbound-lines.ts';
import { changeWords, groupPreview, previewLines, reasonOf, valueWords } from '#infra/driver/preview.ts';
import { differingPaths, isComponent, type Step, valueAt } from '#infra/driver/step.ts';

const step = (given: Partial<Step> & Pick<Step, 'op' | 'type' | 'name'>): Step => ({
  changed: [],
  replacing: [],
  unprotected: false,
  inputs: {},
  ...given,
});
const ingest = 'tocsin:infra:Ingest';
const hub = 'azure-native:eventhub:EventHub';

describe('a preview for people', () => {
  it('groups by component in the order of the words, and leaves components themselves out', () => {
    const groups = groupPreview([
      step({ op: 'create', type: 'azure-native:keyvault:Vault', name: 'vault', component: 'tocsin:infra:Keys' }),
      step({ op: 'create', type: ingest, name: 'ingest' }),
      step({ op: 'create', type: hub, name: 'hub', component: ingest }),
      step({ op: 'create', type: 'azure-native:strange:NewThing', name: 'thing' }),
    ]);
    expect(groups.map(({ component }) => component)).toEqual(['Ingest', 'Keys', 'Other']);
    const text = previewLines(groups).map((line) => line.text);
    expect(text).toContain('Ingest: where Microsoft Graph delivers notices, and who of us reads which part');
    expect(text.join('\n')).toMatch(/\+ hub +hub: Graph delivers notices to it/);
    expect(text.join('\n')).toMatch(/\+ new thing +thing/);
  });

  it.each(['small', 'standard', 'large'])('says of everything in a %s stack why it is there', (size) => {
    const { resources } = JSON.parse(
      readFileSync(new URL(`../../fixtures/infra/${size}.json`, import.meta.url), 'utf8'),
    ) as { readonly resources: readonly Pick<Step, 'type' | 'name' | 'inputs'>[] };
    const own = resources.filter((resource) => !isComponent(resource));
    expect(own.length).toBeGreaterThan(50);
    expect(
      own.filter((resource) => reasonOf(resource) === undefined).map(({ type, name }) => `${type} ${name}`),
    ).toEqual([]);
  });

  it('lists a component in the same order every time, what holds the others first', () => {
    const steps = ['storage-b', 'storage-a'].map((name) =>
      step({ op: 'create', type: 'azure-native:storage:StorageAccount', name, component: ingest }),
    );
    const [group] = groupPreview([...steps, step({ op: 'create', type: hub, name: 'hub', component: ingest })]);
    expect(group?.steps.map(({ name }) => name)).toEqual(['hub', 'storage-a', 'storage-b']);
  });

  it('says loudly what loses its protection against deletion, though nothing else of it changes', () => {
    const lines = previewLines(
      groupPreview([step({ op: 'same', type: hub, name: 'hub', component: ingest, unprotected: true })]),
    );
    expect(lines.filter(({ tone }) => tone === 'danger').map(({ text }) => text)).toEqual([
      '      its protection against deletion is taken off',
    ]);
    expect(lines.map(({ text }) => text).join('\n')).toMatch(/ {2}~ hub +hub/);
  });

  it('shows of two long texts the part that differs', () => {
    const query = (hours: number) => `${'logs | '.repeat(20)}where Age > ${hours}h`;
    expect(changeWords(query(84), query(36))).toBe('... logs | where Age > 84h -> ... logs | where Age > 36h');
    expect(changeWords('a', 'b')).toBe('a -> b');
  });

  it('shows in a tone of its own what is made anew, with what needs that', () => {
    const lines = previewLines(
      groupPreview([
        step({
          op: 'replace',
          type: hub,
          name: 'hub',
          component: ingest,
          changed: ['partitionCount', 'userMetadata'],
          replacing: ['partitionCount'],
          before: { partitionCount: 8, userMetadata: 'a' },
          inputs: { partitionCount: 16, userMetadata: 'b' },
        }),
      ]),
    );
    expect(lines.filter(({ tone }) => tone === 'danger').map(({ text }) => text.trim())).toEqual([
      expect.stringMatching(/^! hub +hub/),
      'partitionCount: 8 -> 16, which needs a new one',
      'the old one is deleted, with what it holds',
    ]);
    expect(lines.find(({ text }) => text.includes('userMetadata'))).toEqual({
      text: '      userMetadata: a -> b',
      tone: 'faint',
    });
  });

  it('says of a secret that is taken out that its vault keeps it', () => {
    const gone = (name: string) =>
      step({ op: 'delete', type: `azure-native:keyvault:${name}`, name, component: ingest });
    const said = (name: string) => previewLines(groupPreview([gone(name)])).map(({ text }) => text.trim());
    expect(said('Secret')).toContain('it stays in its vault as long as that is there');
    expect(said('Vault')).not.toContain('it stays in its vault as long as that is there');
  });

  it('only counts what stays as it is', () => {
    const same = step({ op: 'same', type: hub, name: 'hub', component: ingest });
    expect(previewLines(groupPreview([same, same]))).toEqual([{ text: 'Ingest: nothing changes (2)', tone: 'faint' }]);
  });

  it('takes the reason of a role from the role itself', () => {
    const role = step({
      op: 'create',
      type: 'azure-native:authorization:RoleAssignment',
      name: 'ingest-hub',
      component: 'tocsin:infra:Permissions',
      inputs: { description: 'reads the notices' },
    });
    expect(
      previewLines(groupPreview([role]))
        .map(({ text }) => text)
        .join('\n'),
    ).toContain('ingest-hub: reads the notices');
  });

  it('says values in a few words', () => {
    expect([undefined, '', 5, ['a'], 'x'.repeat(80)].map(valueWords)).toEqual([
      'nothing',
      'empty',
      '5',
      '["a"]',
      `${'x'.repeat(57)}...`,
    ]);
    expect(valueAt({ a: [{ b: 1 }] }, 'a[0].b')).toBe(1);
    expect(valueAt({ a: 1 }, 'a.b.c')).toBeUndefined();
    expect(differingPaths({ a: { b: [1, 2] }, c: 1, __x: 1 }, { a: { b: [1, 3] } })).toEqual(['a.b[1]', 'c']);
  });
});

describe('the cost of a month', () => {
  it('sums what there will be, and says that it is an estimate and of when', () => {
    const estimate = estimateCosts(
      [
        step({
          op: 'create',
          type: 'azure-native:eventhub:Namespace',
          name: 'namespace',
          inputs: { sku: { name: 'Standard', capacity: 2 }, maximumThroughputUnits: 4 },
        }),
        step({ op: 'same', type: 'azure-native:compute:Disk', name: 'disk', inputs: { diskSizeGB: 100 } }),
        step({ op: 'delete', type: 'azure-native:compute:Disk', name: 'old', inputs: { diskSizeGB: 4096 } }),
      ],
      {},
    );
    expect(estimate.lines.map(({ what }) => what)).toEqual(['Event Hubs Standard', 'disks of the log']);
    expect(Math.round(estimate.least)).toBe(Math.round(2 * 21.9 + 20));
    expect(Math.round(estimate.most)).toBe(Math.round(4 * 21.9 + 20));
    const [first = '', second = ''] = costLines(estimate);
    expect(first).toContain('This is an estimate');
    expect(first).toContain(pricesAsOf);
    expect(second).toContain('US dollars');
  });

  it('knows what an app costs before it is made, when the engine does not say yet what is in it', () => {
    const app = step({ op: 'create', type: 'azure-native:app:ContainerApp', name: 'ingest' });
    const sizes = { ingest: { cpu: 0.5, memoryGi: 1, least: 2, most: 4 } };
    const { least, most } = estimateCosts([app], sizes);
    expect(estimateCosts([{ ...app, op: 'same' }], sizes)).toMatchObject({ least, most });
    expect(least).toBeCloseTo(2 * estimateCosts([app], {}).least);
    expect(most).toBeCloseTo(4 * estimateCosts([app], {}).most);
  });
});

describe('outgoing connections', () => {
  it('flags every port but 443, except inside the network of the stack', () => {
    const lines = outboundLines([
      { host: 'graph.microsoft.com', port: 443, why: 'a', inside: false },
      { host: 'log.example', port: 2113, why: 'b', inside: false },
      { host: 'db.internal', port: 5432, why: 'c', inside: true },
    ]);
    expect(lines[0]?.text).toBe('Outgoing connections: 2 hosts, 1 of them on another port than 443.');
    expect(lines.filter(({ tone }) => tone === 'danger').map(({ text }) => text)).toEqual([
      expect.stringContaining('log.example:2113'),
    ]);
  });
});

describe('drift and leaving', () => {
  it('tells what is gone from what was changed', () => {
    const drift = driftOf([
      step({ op: 'delete', type: hub, name: 'hub' }),
      step({ op: 'update', type: 'azure-native:keyvault:Vault', name: 'vault', before: { a: 1 }, inputs: { a: 2 } }),
      step({
        op: 'update',
        type: 'azure-native:keyvault:Vault',
        name: 'as-it-was',
        before: { a: 1 },
        inputs: { a: 1 },
      }),
      step({ op: 'same', type: hub, name: 'other' }),
    ]);
    expect(drift.map(({ sentence }) => sentence)).toEqual([
      'the hub hub is gone; `up --refresh` makes it again',
      'the key vault vault was changed: a is 2 and was 1; `up --refresh` puts it back',
    ]);
  });

  it('refuses while anything is protected or retained, and only then', () => {
    const urn = (name: string) => `urn:pulumi:s::tocsin::azure-native:keyvault:Vault::${name}`;
    const type = 'azure-native:keyvault:Vault';
    expect(refuseDestroy('contoso', [{ urn: urn('a'), type }])).toBeUndefined();
    const refusal = refuseDestroy('contoso', [
      { urn: urn('a'), type },
      { urn: urn('b'), type, protect: true },
      { urn: urn('c'), type, retainOnDelete: true },
    ]);
    expect(refusal?.lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ {2}key vault b: /),
        expect.stringMatching(/^ {2}key vault c: /),
      ]),
    );
    expect(refusal?.lines.filter((line) => line.startsWith('  key vault a'))).toEqual([]);
  });

  it('refuses nothing for what goes or stays with its vault, unless that is protected itself', () => {
    const one = (name: string, protect: boolean) => {
      const type = `azure-native:keyvault:${name}`;
      return { urn: `urn:pulumi:s::tocsin::${type}::${name}`, type, protect, retainOnDelete: true };
    };
    expect(refuseDestroy('contoso', [one('Secret', false), one('Key', false)])).toBeUndefined();
    expect(refuseDestroy('contoso', [one('Secret', false), one('Key', true)])?.kept).toHaveLength(1);
  });

  it('says of each thing that is kept what it is, that evidence is not all of it, and that it goes on costing', () => {
    const one = (name: string, type: string) => ({
      ...{ urn: `urn:pulumi:s::tocsin::azure-native:${type}::${name}`, type: `azure-native:${type}` },
      protect: true,
    });
    const { lines = [] } =
      refuseDestroy('contoso', [
        one('evidence-storage', 'storage:StorageAccount'),
        one('subject-keys', 'storage:StorageAccount'),
        one('master-key', 'keyvault:Key'),
        one('log-machine-1-disk', 'compute:Disk'),
        one('namespace', 'eventhub:Namespace'),
        one('database', 'dbforpostgresql:Server'),
      ]) ?? {};
    const about = (name: string) => lines.find((line) => line.includes(` ${name}: `)) ?? '';
    expect(about('evidence-storage')).toContain('evidence');
    expect(about('subject-keys')).toContain('without them');
    expect(about('master-key')).toContain('without it');
    expect(about('log-machine-1-disk')).toContain('the event log');
    expect(about('namespace')).toMatch(/no evidence/);
    expect(about('database')).toMatch(/no evidence/);
    const text = lines.join('\n');
    expect(text).toContain('All of it goes on costing');
    expect(text).not.toContain('audit export');
    const [, command = ''] = /`npx (tocsin audit list [^`]+)`/.exec(text) ?? [];
    expect(readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8')).toContain(command || 'none');
  });

  it('gives words to everything that a stack keeps', () => {
    for (const size of ['small', 'standard', 'large']) {
      const file = new URL(`../../fixtures/infra/${size}.json`, import.meta.url);
      const { resources } = JSON.parse(readFileSync(file, 'utf8')) as {
        resources: readonly { type: string; name: string; protect?: boolean; retainOnDelete?: boolean }[];
      };
      const { kept, lines = [] } =
        refuseDestroy(
          'contoso',
          resources.map((resource) => ({
            ...resource,
            urn: `urn:pulumi:s::tocsin::${resource.type}::${resource.name}`,
          })),
        ) ?? {};
      expect(kept?.length).toBeGreaterThan(5);
      expect(
        lines.filter((line) => line.endsWith(': protected against deletion')),
        size,
      ).toEqual([]);
    }
  });

  it('refuses to lock evidence before there is a storage of it, and says how to do it', () => {
    const type = 'azure-native:storage:StorageAccount';
    const account = (name: string, id?: string) => ({
      ...{ urn: `urn:pulumi:s::tocsin::tocsin:infra:Evidence$${type}::${name}`, type },
      ...(id === undefined ? {} : { id }),
    });
    const refused = expect.stringMatching(/^lockEvidence .*lockEvidence=false first, then set it to true/);
    expect(firstLockFaults({ lockEvidence: 'true' }, [])).toEqual([refused]);
    expect(firstLockFaults({ lockEvidence: 'true' }, [account('subject-keys', '/x')])).toEqual([refused]);
    expect(firstLockFaults({ lockEvidence: 'true' }, [account('evidence-storage')])).toEqual([refused]);
    expect(firstLockFaults({ lockEvidence: 'true' }, [account('evidence-storage', '/x')])).toEqual([]);
    expect(firstLockFaults({ lockEvidence: 'false' }, [])).toEqual([]);
    expect(firstLockFaults({}, [])).toEqual([]);
  });

  it('keeps the lock on what is kept, leaves alone what it forbids to delete, and takes other locks off first', () => {
    const account = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Evidence';
    const hub = '/subscriptions/s/resourceGroups/g/providers/Microsoft.EventHub/namespaces/hub';
    const one = (name: string, type: string, id: string, more: object = {}) => ({
      ...{ urn: `urn:pulumi:s::tocsin::${type}::${name}`, type, id },
      ...more,
    });
    const lock = (name: string, scope: string) =>
      one(
        name,
        'azure-native:authorization:ManagementLockByScope',
        `${scope}/providers/Microsoft.Authorization/locks/l`,
        {
          inputs: { scope },
        },
      );
    const order = leavingOrder([
      one('account', 'azure-native:storage:StorageAccount', account, { protect: true }),
      one('container', 'azure-native:storage:BlobContainer', `${account}/blobServices/default/containers/c`, {
        protect: true,
      }),
      lock('account-lock', account.toLowerCase()),
      one('role', 'azure-native:authorization:RoleAssignment', `${account}/providers/Microsoft.Authorization/r/1`),
      one('beside', 'azure-native:storage:StorageAccount', `${account}Other`),
      one('hub', 'azure-native:eventhub:Namespace', hub),
      lock('hub-lock', hub),
    ]);
    const names = (urns: readonly string[]) => urns.map((urn) => urn.split('::').at(-1));
    expect(order.keepProtected).toBe(true);
    expect(names(order.keep)).toEqual(['account-lock', 'role']);
    expect(names(order.first)).toEqual(['hub-lock']);
    expect(leavingOrder([])).toEqual({ keepProtected: false, keep: [], first: [] });
  });

  it('keeps what is in a kept thing that has no lock: the copies of the disks, and the databases of Temporal', () => {
    const group = '/subscriptions/s/resourceGroups/rg';
    const vault = `${group}/providers/Microsoft.DataProtection/backupVaults/bv`;
    const server = `${group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/Psql`;
    const one = (name: string, type: string, id: string, protect = false) => ({
      ...{ urn: `urn:pulumi:s::tocsin::azure-native:${type}::${name}`, type: `azure-native:${type}`, id, protect },
    });
    const role = (name: string, scope: string) =>
      one(name, 'authorization:RoleAssignment', `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
    const order = leavingOrder([
      one('resource-group', 'resources:ResourceGroup', group, true),
      one('backup-vault', 'dataprotection:BackupVault', vault, true),
      one('backup-policy', 'dataprotection:BackupPolicy', `${vault}/backupPolicies/each-four-hours`),
      one('backup-disk-1', 'dataprotection:BackupInstance', `${vault}/backupInstances/disk-1`),
      one('database', 'dbforpostgresql:Server', server, true),
      one('database-temporal', 'dbforpostgresql:Database', `${server.toLowerCase()}/databases/temporal`),
      one('database-tls', 'dbforpostgresql:Configuration', `${server}/configurations/ssl_min_protocol_version`),
      one('desk', 'app:ContainerApp', `${group}/providers/Microsoft.App/containerApps/desk`),
      one('other-vault', 'dataprotection:BackupVault', `${vault}2`),
      role('of-the-group', group),
      {
        ...one(
          'app-lock',
          'authorization:ManagementLockByScope',
          `${group}/providers/Microsoft.App/containerApps/desk/l`,
        ),
        inputs: { scope: `${group}/providers/Microsoft.App/containerApps/desk` },
      },
    ]);
    const names = (urns: readonly string[]) => urns.map((urn) => urn.split('::').at(-1));
    expect(names(order.keep)).toEqual(['backup-policy', 'backup-disk-1', 'database-temporal', 'database-tls']);
    expect(names(order.first)).toEqual(['app-lock']);
  });
});
