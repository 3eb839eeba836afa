import { logConnectionString } from '#infra/log-nodes.ts';
import type { Role } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** A secret of the key vault that the stack writes, and who reads it. What is made at run time (certificates, sign-ins) is kept as sealed blobs, not here. */
export interface VaultSecret {
  readonly name: VaultSecretName;
  /** Roles of the program that are given it as a setting. */
  readonly roles: readonly Role[];
  /** Machines and services of the stack that read it themselves. */
  readonly others: readonly ('machine' | 'log' | 'temporal')[];
  /** Plain text: show it to nobody. */
  readonly value: string;
}

export type VaultSecretName =
  | 'event-log'
  | 'log-authority'
  | 'log-certificate'
  | 'log-key'
  | 'log-password'
  | 'temporal-api-key'
  | 'temporal-authority'
  | 'temporal-certificate'
  | 'temporal-key'
  | 'temporal-database-password'
  | 'events-certificate'
  | 'events-key'
  | 'paging-secret'
  | 'large-notifications'
  | 'desk-certificate'
  | 'desk-key';

const everybody: readonly Role[] = ['ingest', 'triage', 'resolve', 'desk', 'worker'];

/** Every secret that a stack with these settings keeps. On a single machine that machine reads them all, and no role by itself. */
export function vaultSecrets(s: StackSettings): readonly VaultSecret[] {
  const list: VaultSecret[] = [];
  const add = (
    name: VaultSecretName,
    roles: readonly Role[],
    value: string | undefined,
    others: VaultSecret['others'] = [],
  ) => {
    if (value === undefined) return;
    const single = s.log === 'embedded';
    list.push({ name, value, roles: single ? [] : roles, others: single ? ['machine'] : others });
  };
  if (s.log === 'connection') add('event-log', everybody, s.logConnection);
  if (s.log === 'self-hosted') {
    add('event-log', everybody, logConnectionString(s));
    add('log-authority', everybody, s.logAuthority, ['log']);
    add('log-certificate', [], s.logCertificate, ['log']);
    add('log-key', [], s.logKey, ['log']);
    add('log-password', [], s.logPassword, ['log']);
  }
  const hosted = s.temporal === 'self-hosted';
  add('temporal-api-key', ['desk', 'worker'], s.temporalApiKey);
  add('temporal-authority', ['desk', 'worker'], s.temporalAuthority, hosted ? ['temporal'] : []);
  add('temporal-certificate', hosted ? [] : ['desk', 'worker'], s.temporalCertificate, hosted ? ['temporal'] : []);
  add('temporal-key', hosted ? [] : ['desk', 'worker'], s.temporalKey, hosted ? ['temporal'] : []);
  add('temporal-database-password', [], s.temporalDatabasePassword, ['temporal']);
  add('events-certificate', ['worker'], s.eventsCertificate);
  add('events-key', ['worker'], s.eventsKey);
  add('paging-secret', ['worker'], s.pagingSecret);
  add('desk-certificate', [], s.deskCertificate);
  add('desk-key', [], s.deskKey);
  return list;
}
