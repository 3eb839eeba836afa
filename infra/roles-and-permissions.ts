import type { AzureRole } from '#infra/azure-roles.ts';
import type { Role } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import { type VaultSecretName, vaultSecrets } from '#infra/vault-secrets.ts';

/** Who may get a role in Azure: a role of the program, a machine, a service, or Graph. */
export type Principal = Role | 'machine' | 'log' | 'temporal' | 'change-tracking' | 'grid' | 'backup';

/** What a role is given on; always one resource or less, and never a subscription. */
export type Scope =
  | 'hub'
  | 'ownership'
  | 'master-key'
  | 'subject-keys'
  | 'sign-in-key'
  | 'sign-ins'
  | 'checkpoints'
  | 'dead-letters'
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

/** Client states and private keys of certificates are among them: blobs, sealed under the master key, and no secrets of the vault. */
const seals =
  'keys of persons, client states and keys of certificates are kept there as blobs, which only the master key opens';
const opens = 'opens the master key, under which personal data, client states and keys of certificates are sealed';
/** Ingest reads what comes from outside, and triage needs none of it: neither has them. */
export const signInRoles: readonly Role[] = ['resolve', 'desk', 'worker'];
const forSignIns: readonly (Permission & { readonly principal: Role })[] = signInRoles.flatMap((principal) => [
  {
    ...{ principal, role: 'Key Vault Crypto Service Encryption User', scope: 'sign-in-key' },
    reason: 'opens the second master key, under which sign-ins, keys of sessions and keys of workflows are sealed',
  } as const,
  {
    ...{ principal, role: 'Storage Blob Data Contributor', scope: 'sign-ins' },
    reason: 'sign-ins, keys of sessions and keys of workflows are kept there as blobs, which only that key opens',
  } as const,
]);
const forRoles: readonly (Permission & { readonly principal: Role })[] = [
  { principal: 'ingest', role: 'Azure Event Hubs Data Receiver', scope: 'hub', reason: 'reads the notices' },
  { principal: 'ingest', role: 'Storage Blob Data Contributor', scope: 'ownership', reason: 'claims partitions' },
  { principal: 'resolve', role: 'Azure Event Hubs Data Sender', scope: 'hub', reason: 'publishes what it recovered' },
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
  ...(['ingest', 'triage', 'resolve', 'desk', 'worker'] as const).flatMap((principal) => [
    { principal, role: 'Key Vault Crypto Service Encryption User', scope: 'master-key', reason: opens } as const,
    { principal, role: 'Storage Blob Data Contributor', scope: 'subject-keys', reason: seals } as const,
  ]),
];

/**
 * Every role assignment of a stack with these settings. Nothing else is assigned anywhere: nobody may write a secret, list secrets, or read one that is not
 * a setting of its own, and nobody may write to the container `exports`.
 */
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
  if (s.eventGrid) {
    add({
      principal: 'grid',
      role: 'Azure Event Hubs Data Sender',
      scope: 'hub',
      reason: "Event Grid hands on the notices of Graph's topic",
    });
    add({
      principal: 'grid',
      role: 'Storage Blob Data Contributor',
      scope: 'dead-letters',
      reason: 'Event Grid keeps there what the hub did not take within a day',
    });
  }
  for (const permission of forRoles) add(single ? { ...permission, principal: 'machine' } : permission);
  if (!single) for (const permission of forSignIns) add(permission);
  for (const { name, roles, others } of vaultSecrets(s))
    for (const principal of [...roles, ...others])
      add({
        principal,
        role: 'Key Vault Secrets User',
        scope: `secret-${name}`,
        reason: `reads ${name}, a setting of its own`,
      });
  if (s.largeNotifications)
    add({
      principal: single ? 'machine' : 'resolve',
      role: 'Key Vault Secrets User',
      scope: 'graph-secret',
      reason: 'learns where the notifications are that were too large for the hub, and fetches them',
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
