import { describe, expect, it } from 'vitest';
import type { Setting } from '#config/setting.ts';
import { settings as config } from '#config/settings.ts';
import { roles } from '#infra/names.ts';
import { notInStacks, type RoleSetting, roleSettingRows, roleSettings, type Wiring } from '#infra/role-settings.ts';
import { permissionsOf } from '#infra/roles-and-permissions.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import { vaultSecrets } from '#infra/vault-secrets.ts';
import { directoryId, type Given, large, small, standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

const known = new Map<string, Setting<unknown>>(Object.values(config).map((setting) => [setting.name, setting]));

function wiring(given: Given): Wiring & { readonly settings: StackSettings } {
  const settings = settingsOf(given);
  return {
    settings,
    tenantId: directoryId,
    eventHubs: 'https://evhns-contoso.servicebus.windows.net',
    notificationUrl:
      'EventHub:https://evhns-contoso.servicebus.windows.net/eventhubname/teams-emergency?tenantId=contoso.com',
    ownershipUrl: 'https://stown.blob.core.windows.net/partition-ownership',
    subjectKeysUrl: 'https://stkey.blob.core.windows.net/subject-keys',
    masterKeyUrl: 'https://kv.vault.azure.net/keys/master',
    evidenceUrl: 'https://stevd.blob.core.windows.net',
    deskUrl: 'https://desk.contoso.com',
    deskClientId: directoryId,
    temporal: settings.temporalAddress ?? 'ca-temporal:7233',
    chatClientId: directoryId,
    ...(settings.eventsFeed ? { eventsClientId: directoryId } : {}),
    largeNotificationsUrl: 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com',
  };
}

const stacks = [
  ['small', small],
  ['standard', standard],
  ['large', large],
] as const;

describe('the settings that a stack gives to its roles', () => {
  it('are those of the program: each is given, or it is said why not', () => {
    const given = new Set(roleSettingRows.map(({ name }) => name));
    const left = new Set(Object.keys(notInStacks));
    expect([...known.keys()].filter((name) => !given.has(name) && !left.has(name))).toEqual([]);
    expect([...left].filter((name) => given.has(name) || !known.has(name))).toEqual([]);
  });

  it('are settings that the program declares', () => {
    expect(roleSettingRows.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  it('are each in the table once', () => {
    const names = roleSettingRows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(stacks)('have values that the program accepts, in a %s stack', (_name, given) => {
    const faults = roleSettings(roles, wiring(given)).flatMap((one) => {
      const setting = known.get(one.name);
      if (one.kind === 'secret' || setting === undefined) return [];
      const parsed = setting.parse(one.kind === 'file' ? one.path : String(one.value));
      return parsed.ok ? [] : [`${one.name} ${parsed.problem}`];
    });
    expect(faults).toEqual([]);
  });

  it.each(stacks)('never hold a secret as a value, in a %s stack', (_name, given) => {
    const open = roleSettings(roles, wiring(given)).filter(
      ({ name, kind }) => kind !== 'secret' && known.get(name)?.secret,
    );
    // An address without a key, a file on the disk, a container by its URL: settings that may hold a secret, and here do not.
    const harmless = [
      config.eventLog.name,
      config.eventHubs.name,
      config.partitionOwnership.name,
      config.subjectKeys.name,
      config.evidence.name,
    ] as readonly string[];
    expect(open.filter(({ name }) => !harmless.includes(name))).toEqual([]);
  });

  it.each(stacks)(
    'name only secrets that the vault holds and that the role may read, in a %s stack',
    (_name, given) => {
      const all = wiring(given);
      const secrets = vaultSecrets(all.settings);
      const named = (one: RoleSetting) => (one.kind === 'value' ? [] : [one.secret]);
      for (const role of roles)
        for (const name of roleSettings([role], all).flatMap(named)) {
          if (name === 'large-notifications') continue;
          const secret = secrets.find((one) => one.name === name);
          expect(secret, `${role} is given ${name}`).toBeDefined();
          expect(all.settings.log === 'embedded' ? secret?.others : secret?.roles).toContain(
            all.settings.log === 'embedded' ? 'machine' : role,
          );
        }
    },
  );

  it.each(stacks)(
    'come with a role on each secret that they name, one by one, and on no other, in a %s stack',
    (_name, given) => {
      const all = wiring(given);
      const single = all.settings.log === 'embedded';
      const inVaults = permissionsOf(all.settings).filter(({ role }) => /^Key Vault (?!Crypto)/.test(role));
      expect(new Set(inVaults.map(({ role }) => role))).toEqual(new Set(['Key Vault Secrets User']));
      for (const role of single ? (['machine'] as const) : roles) {
        const named = roleSettings(role === 'machine' ? roles : [role], all).flatMap((one) =>
          one.kind === 'value' ? [] : [one.secret === 'large-notifications' ? 'graph-secret' : `secret-${one.secret}`],
        );
        // The proxy before the desk on a single machine reads files, no settings.
        const files = single ? ['secret-desk-certificate', 'secret-desk-key'] : [];
        const readable = inVaults.filter(({ principal }) => principal === role).map(({ scope }) => scope);
        expect(readable.toSorted(), role).toEqual([...new Set([...named, ...files])].toSorted());
      }
    },
  );

  it.each(stacks)('use every secret of the vault, in a %s stack', (_name, given) => {
    const all = wiring(given);
    const named = new Set<string>(
      roleSettings(roles, all).flatMap((one) => (one.kind === 'value' ? [] : [one.secret])),
    );
    const unused = vaultSecrets(all.settings).filter(({ name, others }) => !named.has(name) && others.length === 0);
    expect(unused).toEqual([]);
  });

  it('give each role no more than it needs', () => {
    const names = (role: (typeof roles)[number]) => roleSettings([role], wiring(standard)).map(({ name }) => name);
    const shared = [
      'TOCSIN_STATE_DIR',
      'TOCSIN_LOG_LEVEL',
      'TOCSIN_PROBES',
      'TOCSIN_QUARANTINE_DAYS',
      'TOCSIN_EVENT_LOG',
      'TOCSIN_KEY_STORE',
      'TOCSIN_SUBJECT_KEYS',
    ];
    expect(names('triage')).toEqual(shared);
    expect(names('ingest')).toEqual([
      ...shared,
      'TOCSIN_EVENT_HUBS',
      'TOCSIN_EVENT_HUB',
      'TOCSIN_EVENT_HUBS_TRANSPORT',
      'TOCSIN_CONSUMER_GROUP',
      'TOCSIN_PARTITION_OWNERSHIP',
      'TOCSIN_TEST_NUMBERS',
      'TOCSIN_TENANT',
      'TOCSIN_CHAT_CLIENT_ID',
    ]);
    expect(names('desk')).not.toContain('TOCSIN_WEBHOOK_SECRET');
    expect(names('worker')).not.toContain('TOCSIN_HTTP');
  });
});
