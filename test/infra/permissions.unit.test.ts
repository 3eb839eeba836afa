import { describe, expect, it } from 'vitest';
import { azureRoles } from '#infra/azure-roles.ts';
import {
  applicationRoles,
  delegatedScopes,
  deskRoles,
  graphChangeTracking,
  microsoftGraph,
} from '#infra/graph-permissions.ts';
import { permissionsOf } from '#infra/roles-and-permissions.ts';
import { large, small, standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

const lines = (given: typeof small) =>
  permissionsOf(settingsOf(given))
    .map(({ principal, role, scope }) => `${principal}: ${role} on ${scope}`)
    .toSorted();

describe('roles in Azure', () => {
  it('of a standard stack are these and no others', () => {
    expect(lines(standard)).toMatchInlineSnapshot(`
      [
        "change-tracking: Azure Event Hubs Data Sender on hub",
        "change-tracking: Key Vault Secrets User on graph-secret",
        "desk: Azure Event Hubs Data Receiver on hub",
        "desk: Key Vault Crypto Service Encryption User on master-key",
        "desk: Key Vault Crypto Service Encryption User on sign-in-key",
        "desk: Key Vault Secrets User on secret-event-log",
        "desk: Key Vault Secrets User on secret-temporal-authority",
        "desk: Key Vault Secrets User on secret-temporal-certificate",
        "desk: Key Vault Secrets User on secret-temporal-key",
        "desk: Storage Blob Data Contributor on checkpoints",
        "desk: Storage Blob Data Contributor on sign-ins",
        "desk: Storage Blob Data Contributor on subject-keys",
        "desk: Storage Blob Data Reader on ownership",
        "ingest: Azure Event Hubs Data Receiver on hub",
        "ingest: Key Vault Crypto Service Encryption User on master-key",
        "ingest: Key Vault Secrets User on secret-event-log",
        "ingest: Storage Blob Data Contributor on ownership",
        "ingest: Storage Blob Data Contributor on subject-keys",
        "resolve: Azure Event Hubs Data Sender on hub",
        "resolve: Key Vault Crypto Service Encryption User on master-key",
        "resolve: Key Vault Crypto Service Encryption User on sign-in-key",
        "resolve: Key Vault Secrets User on graph-secret",
        "resolve: Key Vault Secrets User on secret-event-log",
        "resolve: Storage Blob Data Contributor on sign-ins",
        "resolve: Storage Blob Data Contributor on subject-keys",
        "triage: Key Vault Crypto Service Encryption User on master-key",
        "triage: Key Vault Secrets User on secret-event-log",
        "triage: Storage Blob Data Contributor on subject-keys",
        "worker: Key Vault Crypto Service Encryption User on master-key",
        "worker: Key Vault Crypto Service Encryption User on sign-in-key",
        "worker: Key Vault Secrets User on secret-event-log",
        "worker: Key Vault Secrets User on secret-paging-secret",
        "worker: Key Vault Secrets User on secret-temporal-authority",
        "worker: Key Vault Secrets User on secret-temporal-certificate",
        "worker: Key Vault Secrets User on secret-temporal-key",
        "worker: Storage Blob Data Contributor on sign-ins",
        "worker: Storage Blob Data Contributor on subject-keys",
      ]
    `);
  });

  it('of a single machine are these and no others', () => {
    expect(lines(small)).toMatchInlineSnapshot(`
      [
        "backup: Disk Backup Reader on disk-1",
        "backup: Disk Snapshot Contributor on resource-group",
        "change-tracking: Azure Event Hubs Data Sender on hub",
        "change-tracking: Key Vault Secrets User on graph-secret",
        "machine: Azure Event Hubs Data Receiver on hub",
        "machine: Azure Event Hubs Data Sender on hub",
        "machine: Key Vault Crypto Service Encryption User on master-key",
        "machine: Key Vault Secrets User on graph-secret",
        "machine: Key Vault Secrets User on secret-desk-certificate",
        "machine: Key Vault Secrets User on secret-desk-key",
        "machine: Key Vault Secrets User on secret-temporal-api-key",
        "machine: Storage Blob Data Contributor on checkpoints",
        "machine: Storage Blob Data Contributor on ownership",
        "machine: Storage Blob Data Contributor on subject-keys",
        "machine: Storage Blob Data Reader on ownership",
      ]
    `);
  });

  it('that a large stack has beyond those of a standard one are these', () => {
    const ordinary = lines(standard);
    expect(lines(large).filter((line) => !ordinary.includes(line))).toMatchInlineSnapshot(`
      [
        "backup: Disk Backup Reader on disk-1",
        "backup: Disk Backup Reader on disk-2",
        "backup: Disk Backup Reader on disk-3",
        "backup: Disk Snapshot Contributor on resource-group",
        "desk: AcrPull on registry",
        "desk: Key Vault Secrets User on secret-log-authority",
        "grid: Azure Event Hubs Data Sender on hub",
        "grid: Storage Blob Data Contributor on dead-letters",
        "ingest: AcrPull on registry",
        "ingest: Key Vault Secrets User on secret-log-authority",
        "log: Key Vault Secrets User on secret-log-authority",
        "log: Key Vault Secrets User on secret-log-certificate",
        "log: Key Vault Secrets User on secret-log-key",
        "log: Key Vault Secrets User on secret-log-password",
        "resolve: AcrPull on registry",
        "resolve: Key Vault Secrets User on secret-log-authority",
        "temporal: Key Vault Secrets User on secret-temporal-authority",
        "temporal: Key Vault Secrets User on secret-temporal-certificate",
        "temporal: Key Vault Secrets User on secret-temporal-database-password",
        "temporal: Key Vault Secrets User on secret-temporal-key",
        "triage: AcrPull on registry",
        "triage: Key Vault Secrets User on secret-log-authority",
        "worker: AcrPull on registry",
        "worker: Key Vault Secrets User on secret-events-certificate",
        "worker: Key Vault Secrets User on secret-events-key",
        "worker: Key Vault Secrets User on secret-log-authority",
      ]
    `);
  });

  it('never manage anything: every role is for data, backups or pulling images', () => {
    expect(Object.keys(azureRoles).filter((name) => /owner|administrator|^contributor|access/i.test(name))).toEqual([]);
  });

  it('each say why', () => {
    for (const given of [small, standard, large])
      for (const { reason } of permissionsOf(settingsOf(given))) expect(reason.length).toBeGreaterThan(10);
  });

  it('have the ids that Microsoft documents', () => {
    expect(azureRoles).toMatchInlineSnapshot(`
      {
        "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "Azure Event Hubs Data Receiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
        "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
        "Disk Backup Reader": "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24",
        "Disk Snapshot Contributor": "7efff54f-a5b4-42b5-a1c5-5411624893ce",
        "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
        "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
      }
    `);
  });

  it('leave out what a stack does not have', () => {
    const text = lines({ ...standard, largeNotifications: 'false' }).join('\n');
    expect(text).not.toContain('graph-secret');
    expect(text).not.toContain('backup');
    expect(text).not.toContain('registry');
  });
});

describe('permissions on Microsoft Graph', () => {
  it('are exactly seven delegated scopes', () => {
    expect(Object.keys(delegatedScopes)).toEqual([
      'User.Read',
      'Chat.Read',
      'Chat.ReadBasic',
      'ChatMessage.Read',
      'openid',
      'offline_access',
      'profile',
    ]);
  });

  it('are one application role for the events feed', () => {
    expect(Object.keys(applicationRoles)).toEqual(['CallEvents-Emergency.Read.All']);
  });

  it('belong to the applications that Microsoft documents', () => {
    expect(microsoftGraph).toBe('00000003-0000-0000-c000-000000000000');
    expect(graphChangeTracking).toBe('0bf30f3b-4a52-48df-9a82-234910c4a086');
  });
});

describe('roles of the desk', () => {
  it('are four, each with an id of its own', () => {
    expect(deskRoles.map(({ value }) => value)).toEqual(['Responder', 'Operator', 'Compliance', 'Administrator']);
    expect(new Set(deskRoles.map(({ id }) => id)).size).toBe(4);
  });
});
