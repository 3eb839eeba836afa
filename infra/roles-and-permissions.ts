import type { AzureRole } from '#infra/azure-roles.ts';
import type { Role } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import { type VaultSecretName, vaultSecrets } from '#infra/vault-secrets.ts';

/** Who may get a role in Azure: a role of the program, a machine, a service, or Graph. */
export type Principal = Role | 'machine' | 'log' | 'temporal' | 'change-tracking' | 'backup';

/** What a role is given on; always one resource or less, and never a subscription. */
export type Scope =
  | 'hub'
  | 'ownership'
  | 'master-key'
  | 'vault'
  | 'subject-keys'
  | 'checkpoints'
  | 'exports'
  | 'graph-secret'
  | 'registry'
  | 'resource-group'
  | `disk-${1 | 2 | 3}`
  | `secret-${VaultSecretName}`;

/** One role assignment with its reason, which is also stored in Azure as its description. */
export interface Permission {
  readonly principal: Principal;
  readonly role: AzureRole;
  readonly scope: Scope;
  readonly reason: string;
}

const seals = 'personal data is sealed and unsealed with keys that the master key wraps';
const forRoles: readonly (Permission & { readonly principal: Role })[] = [
  { principal: 'ingest', role: 'Azure Event Hubs Data Receiver', scope: 'hub', reason: 'reads the notices' },
  { principal: 'ingest', role: 'Storage Blob Data Contributor', scope: 'ownership', reason: 'claims partitions' },
  {
    principal: 'ingest',
    role: 'Key Vault Secrets User',
    scope: 'vault',
    reason:
      'private keys of the certificates that open rich notices; they are made at run time, so no list of them exists',
  },
  { principal: 'resolve', role: 'Azure Event Hubs Data Sender', scope: 'hub', reason: 'publishes what it recovered' },
  {
    principal: 'resolve',
    role: 'Key Vault Secrets Officer',
    scope: 'vault',
    reason: 'renews the sign-in of the service user and keeps the new one',
  },
  {
    principal: 'desk',
    role: 'Azure Event Hubs Data Receiver',
    scope: 'hub',
    reason: 'shows how far behind the readers are',
  },
  {
    principal: 'desk',
    role: 'Storage Blob Data Reader',
    scope: 'ownership',
    reason: 'shows who reads which partition',
  },
  { principal: 'desk', role: 'Storage Blob Data Contributor', scope: 'checkpoints', reason: 'writes checkpoints' },
  { principal: 'desk', role: 'Storage Blob Data Contributor', scope: 'exports', reason: 'writes exports' },
  {
    principal: 'worker',
    role: 'Key Vault Certificates Officer',
    scope: 'vault',
    reason: 'makes and renews the certificates of rich notices: Azure Resource Manager cannot',
  },
  {
    principal: 'worker',
    role: 'Key Vault Secrets Officer',
    scope: 'vault',
    reason: 'keeps sign-ins and client states, and replaces them',
  },
  {
    principal: 'worker',
    role: 'Storage Blob Data Contributor',
    scope: 'exports',
    reason: 'writes exports that were asked for',
  },
  ...(['ingest', 'triage', 'resolve', 'desk', 'worker'] as const).flatMap((principal) => [
    { principal, role: 'Key Vault Crypto Service Encryption User', scope: 'master-key', reason: seals } as const,
    { principal, role: 'Storage Blob Data Contributor', scope: 'subject-keys', reason: seals } as const,
  ]),
];

/** Roles that read and write the vault's secrets anyway need no role on a single one. */
const wholeVault: readonly Principal[] = ['ingest', 'resolve', 'worker', 'machine'];

/** Every role assignment of a stack with these settings. Nothing else is assigned anywhere. */
export function permissionsOf(s: StackSettings): readonly Permission[] {
  const single = s.log === 'embedded';
  const list: Permission[] = [];
  const add = (permission: Permission) => {
    const same = (other: Permission) =>
      other.principal === permission.principal && other.role === permission.role && other.scope === permission.scope;
    if (!list.some(same)) list.push(permission);
  };
  add({
    principal: 'change-tracking',
    role: 'Azure Event Hubs Data Sender',
    scope: 'hub',
    reason: 'Graph writes the notices',
  });
  if (s.largeNotifications)
    add({
      principal: 'change-tracking',
      role: 'Key Vault Secrets User',
      scope: 'graph-secret',
      reason: 'Graph learns where notifications go that are too large for the hub; the vault holds nothing else',
    });
  for (const permission of forRoles) add(single ? { ...permission, principal: 'machine' } : permission);
  for (const { name, roles, others } of vaultSecrets(s))
    for (const principal of [...roles, ...others])
      if (!wholeVault.includes(principal))
        add({
          principal,
          role: 'Key Vault Secrets User',
          scope: `secret-${name}`,
          reason: `reads the setting ${name}, and no other secret`,
        });
  if (s.largeNotifications)
    add({
      principal: single ? 'machine' : 'resolve',
      role: 'Key Vault Secrets User',
      scope: 'graph-secret',
      reason: 'fetches the notifications that were too large for the hub',
    });
  if (s.registry !== undefined)
    for (const principal of single
      ? (['machine'] as const)
      : (['ingest', 'triage', 'resolve', 'desk', 'worker'] as const))
      add({ principal, role: 'AcrPull', scope: 'registry', reason: 'pulls the image' });
  for (const disk of disksOf(s))
    add({
      principal: 'backup',
      role: 'Disk Backup Reader',
      scope: disk,
      reason: 'takes a copy of the disk of the log',
    });
  if (disksOf(s).length > 0)
    add({
      principal: 'backup',
      role: 'Disk Snapshot Contributor',
      scope: 'resource-group',
      reason: 'keeps the copies of the disks',
    });
  return list;
}

/** The disks that hold a log: one on a single machine, one per node of a self-hosted log. */
export function disksOf(s: StackSettings): readonly `disk-${1 | 2 | 3}`[] {
  if (s.log === 'embedded') return ['disk-1'];
  if (s.log === 'connection') return [];
  return s.logNodes === '3' ? ['disk-1', 'disk-2', 'disk-3'] : ['disk-1'];
}
