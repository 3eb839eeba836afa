import { describe, expect, it } from 'vitest';
import { contextOf } from '#cli/roles/context.ts';
import { openTenantAccess } from '#cli/roles/tenant-access.ts';
import { readSettings } from '#config/read-settings.ts';
import type { Setting } from '#config/setting.ts';
import { settings as config, type SettingKey } from '#config/settings.ts';
import { usedBy } from '#config/used-by.ts';
import { logConnectionString } from '#infra/log-nodes.ts';
import { roles } from '#infra/names.ts';
import {
  notInStacks,
  roleSettingRows,
  roleSettings,
  secretFiles,
  secretsOf,
  type Wiring,
} from '#infra/role-settings.ts';
import { permissionsOf } from '#infra/roles-and-permissions.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import { vaultSecrets } from '#infra/vault-secrets.ts';
import type { Secrets } from '#ports/secrets.ts';
import { canaries, directoryId, type Given, large, small, standard } from '#test/infra/given.ts';
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
    ...(settings.log === 'embedded'
      ? {}
      : {
          signInKeyUrl: 'https://kv.vault.azure.net/keys/sign-ins',
          signInsUrl: 'https://stkey.blob.core.windows.net/sign-ins',
        }),
    evidenceUrl: 'https://stevd.blob.core.windows.net',
    deskUrl: 'https://desk.contoso.com',
    deskClientId: directoryId,
    temporal: settings.temporal === 'off' ? 'off' : (settings.temporalAddress ?? 'ca-temporal:7233'),
    ...(settings.chatFeed ? { chatClientId: directoryId } : {}),
    ...(settings.eventsFeed ? { eventsClientId: directoryId } : {}),
    ...(settings.largeNotifications
      ? { largeNotificationsUrl: 'https://kvg.vault.azure.net/secrets/large-notifications?tenantId=contoso.com' }
      : {}),
  };
}

const stacks = [
  ['small', small],
  ['standard', standard],
  ['large', large],
] as const;

const without = (given: Given, names: RegExp): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !names.test(name)));

const temporalCloud: Given = {
  temporal: 'cloud',
  temporalAddress: 'contoso.a1b2c.tmprl.cloud:7233',
  temporalApiKey: canaries.temporalApiKey,
};

/** Each way that a stack can be made, as far as roles are given other settings by it. */
const forms = [
  ...stacks.map(([name, given]) => [`of size ${name}`, given] as const),
  ['without Temporal', { ...without(standard, /^temporal/), temporal: 'off' }],
  [
    'with Temporal Cloud, and the pages of Temporal',
    { ...without(large, /^temporal/), ...temporalCloud, temporalPages: 'https://pages.contoso.com' },
  ],
  [
    'with the events feed alone, by the managed identity',
    { ...without(large, /^(?:serviceUser|eventGrid.*|events(?:Certificate|Key))$/), chatFeed: 'false' },
  ],
  ['with Event Grid', { ...standard, eventGrid: 'true', eventGridUntil: '2027-06-30' }],
  ['without storage for large notifications', { ...standard, largeNotifications: 'false' }],
  ['on one machine with everything', { ...small, eventsFeed: 'true', policies: 'Oslo', phrases: 'en=Emergency call' }],
  ['with phrases of its own and without pages', { ...without(standard, /^paging/), phrases: 'en=Emergency call' }],
] as const satisfies readonly (readonly [string, Given])[];

const keys = Object.keys(config) as SettingKey[];
function keyOf(name: string): SettingKey {
  const found = keys.find((key) => config[key].name === name);
  if (found === undefined) throw new Error(`${name} is no setting`);
  return found;
}

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
      config.signIns.name,
      config.evidence.name,
    ] as readonly string[];
    expect(open.filter(({ name }) => !harmless.includes(name))).toEqual([]);
  });

  it.each(stacks)(
    'name only secrets that the vault holds and that the role may read, in a %s stack',
    (_name, given) => {
      const all = wiring(given);
      const secrets = vaultSecrets(all.settings);
      for (const role of roles)
        for (const name of secretsOf(roleSettings([role], all))) {
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
        const named = secretsOf(roleSettings(role === 'machine' ? roles : [role], all)).map((name) =>
          name === 'large-notifications' ? 'graph-secret' : `secret-${name}`,
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
    const named = new Set<string>(secretsOf(roleSettings(roles, all)));
    const unused = vaultSecrets(all.settings).filter(({ name, others }) => !named.has(name) && others.length === 0);
    expect(unused).toEqual([]);
  });

  it.each(forms)('are for each role exactly those that it uses, in a stack %s', (_name, given) => {
    const all = wiring(given);
    const inStack = new Set(roleSettings(roles, all).map(({ name }) => keyOf(name)));
    for (const role of roles) {
      const own = roleSettings([role], all).map(({ name }) => keyOf(name));
      expect(own.toSorted(), role).toEqual([...inStack].filter((key) => usedBy[key].includes(role)).toSorted());
    }
  });

  it('are all that a role uses, but for those of which it is said why a stack gives them to nobody', () => {
    const everything = forms.map(([, given]) => wiring(given));
    for (const role of roles) {
      const own = new Set(everything.flatMap((one) => roleSettings([role], one).map(({ name }) => keyOf(name))));
      const missing = keys.filter(
        (key) => usedBy[key].includes(role) && !own.has(key) && notInStacks[config[key].name] === undefined,
      );
      expect(missing, role).toEqual([]);
    }
  });

  it('tell every role that minds it that nobody keeps subscriptions where Temporal is off', () => {
    const off = wiring({ ...without(standard, /^temporal/), temporal: 'off' });
    for (const role of roles) {
      const told = roleSettings([role], off).find(({ name }) => name === config.temporal.name);
      expect(told, role).toEqual(
        usedBy.temporal.includes(role) ? { name: config.temporal.name, kind: 'value', value: 'off' } : undefined,
      );
    }
  });

  it('make the address that Graph is told of the one that the stack tells of', async () => {
    const { notificationUrl, ...rest } = wiring(without(standard, /^paging/));
    const given = roleSettings(['worker'], { ...rest, notificationUrl }).flatMap((one) =>
      one.kind === 'value' ? [[one.name, String(one.value)] as const] : [],
    );
    expect(given.map(([name]) => name)).not.toContain(config.notificationUrl.name);
    const read = readSettings({ environment: Object.fromEntries(given) });
    if (!read.ok) throw new Error(read.problems.join('\n'));
    const access = openTenantAccess(contextOf(read.settings, '0', AbortSignal.abort()), {} as Secrets);
    expect(access?.notificationUrl).toBe(notificationUrl);
    await access?.close();
  });

  it('let the authority of a self-hosted log vouch for that log alone', () => {
    for (const role of roles) {
      const own = roleSettings([role], wiring(large));
      expect(secretFiles(own), role).toContain('log-authority');
      expect(own.flatMap((one) => (one.kind === 'file' ? [one.secret] : []))).not.toContain('log-authority');
    }
    expect(logConnectionString(settingsOf(large))).toContain(encodeURIComponent('/run/tocsin/log-authority.pem'));
  });
});
