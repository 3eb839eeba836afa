import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { declaredSettings } from '#infra/settings/pulumi-config.ts';
import { requiredSettings, stackSettings } from '#infra/settings/schema.ts';
import { canaries, large, small, standard } from '#test/infra/given.ts';
import { faultsOf, settingsOf } from '#test/infra/settings-of.ts';

describe('the settings of a stack', () => {
  it('are accepted for a small, a standard and a large tenant', () => {
    for (const given of [small, standard, large]) expect(faultsOf(given)).toEqual([]);
  });

  it('name everything that is missing at once when nothing is given', () => {
    const faults = faultsOf({});
    for (const key of [...requiredSettings, 'serviceUser'])
      expect(faults.filter((fault) => fault.startsWith(`${key} is missing`))).toHaveLength(1);
    expect(faults).toHaveLength(requiredSettings.length + 1);
  });

  it('list every fault, and look across settings too', () => {
    const faults = faultsOf({
      ...standard,
      eventHubsTier: 'Basic',
      partitions: '64',
      ingestMost: '65',
      dataResidency: 'us',
      image: 'ghcr.io/tocsin/tocsin:latest',
      serviceUser: '',
      retentionDays: 'a week',
      unknown: 'x',
    });
    expect(faults.map((fault) => fault.split(' ')[0]).toSorted()).toEqual([
      'eventHubsTier',
      'image',
      'ingestMost',
      'partitions',
      'region',
      'retentionDays',
      'serviceUser',
      'unknown',
    ]);
  });

  it('never repeat the value of a secret', () => {
    const wrong = Object.fromEntries(
      Object.entries(stackSettings)
        .filter(([, row]) => row.secret)
        .map(([key]) => [key, ' canary ']),
    );
    const faults = faultsOf({ ...standard, ...wrong });
    expect(faults.length).toBeGreaterThan(5);
    expect(faults.join('\n')).not.toContain('canary');
    expect(faultsOf({ ...standard, temporal: 'off' }).join('\n')).not.toContain(canaries.temporalKey);
  });

  it.each([
    ['Basic is refused and says why', { eventHubsTier: 'Basic' }, 'one consumer group'],
    ['Standard keeps seven days at most', { retentionDays: '8' }, 'Standard keeps at most 7'],
    ['Standard has 32 partitions at most', { partitions: '33' }, 'at most 32'],
    ['Premium counts in steps', { eventHubsTier: 'Premium', throughputUnits: '3' }, '1, 2, 4, 8, 12, 16'],
    ['ingest never has more copies than partitions', { partitions: '2', ingestMost: '3' }, 'has work for no more'],
    ['inflation goes up', { throughputUnits: '4', throughputUnitsMost: '2' }, 'less than throughputUnits'],
    ['data stays where it has to', { dataResidency: 'uk' }, 'keeps data in eu'],
    ['an unknown region is refused', { region: 'mars' }, 'must be one of'],
    ['a tag is no digest', { image: 'ghcr.io/tocsin/tocsin:1.0' }, 'by digest'],
    ['a slug has no capitals', { tenant: 'Contoso' }, 'lower-case'],
    ['a slug has no double hyphen', { tenant: 'a--b' }, 'single hyphens'],
    ['a slug does not end in a hyphen', { tenant: 'contoso-' }, 'single hyphens'],
    [
      'plain text to the log is refused',
      { logConnection: 'esdb://log.contoso.com:2113?tls=false' },
      'without tls=false',
    ],
    ['something has to be watched', { chatFeed: 'false', serviceUser: '' }, 'nothing would be watched'],
    ['the events feed needs policies', { eventsFeed: 'true' }, 'policies is missing'],
    ['policies without their feed are a mistake', { policies: 'Stockholm' }, 'no effect'],
    ['a certificate has its key', { temporalKey: '' }, 'belong together'],
    ['a test stack is not locked', { environment: 'test', lockEvidence: 'true' }, 'never be cleared'],
    ['a list names nothing twice', { alertEmails: 'a@b.se,a@b.se' }, 'twice'],
    ['a flag is true or false', { eventGrid: 'yes' }, 'true or false'],
    ['a partner is authorised until a day', { eventGrid: 'true' }, 'eventGridUntil is missing'],
    ['a topic of nobody is not active', { eventGridActive: 'true' }, 'no effect'],
    [
      'Event Grid has no type for emergency events',
      {
        ...{ eventGrid: 'true', eventGridUntil: '2027-06-30', chatFeed: 'false', serviceUser: '' },
        ...{ eventsFeed: 'true', policies: 'Oslo' },
      },
      'eventGrid has no effect',
    ],
    [
      'Event Grid is not sent through a firewall that may not let it in',
      { eventGrid: 'true', eventGridUntil: '2027-06-30', restrictEventHubs: 'true' },
      'no way of Event Grid',
    ],
    ['a stack keeps off what Container Apps keeps for itself', { addressSpace: '172.30.0.0/16' }, 'neither 172.30'],
    ['a stack keeps off the other of these, too', { addressSpace: '172.31.0.0/16' }, 'nor 172.31'],
    ['pages are signed', { pagingSecret: '' }, 'pagingSecret is missing'],
    [
      'pages go to an address without a user, to which none would be sent',
      { pagingUrl: 'https://tocsin:secret@pager.contoso.com/tocsin' },
      'pagingUrl must be an https URL without a user in it',
    ],
  ])('%s', (_name, changed, said) => {
    const faults = faultsOf({ ...standard, ...changed });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(said);
  });

  it.each([
    ['10.0.0.0/8', 'private addresses'],
    ['10.1.2.3', 'private addresses'],
    ['172.16.0.0/12', 'private addresses'],
    ['172.31.255.255/32', 'private addresses'],
    ['172.0.0.0/8', 'private addresses'],
    ['192.168.4.0/24', 'private addresses'],
    ['10.0.0.4/31', 'name the public address'],
    ['198.51.100.4/31', 'list both, "198.51.100.4, 198.51.100.5"'],
    ['203.0.113.255/31', 'list both, "203.0.113.254, 203.0.113.255"'],
    ['198.51.100.0/33', 'a list of IPv4 networks'],
  ])(
    'refuse %s as a network that storage and key vault let in, before Azure does, and say what to do',
    (network, said) => {
      const faults = faultsOf({ ...standard, allowedNetworks: `198.51.100.7, ${network}` });
      expect(faults).toEqual([expect.stringMatching(/^allowedNetworks must /)]);
      expect(faults[0]).toContain(`"${network}"`);
      expect(faults[0]).toContain(said);
    },
  );

  it('let in public networks and lone addresses, and private ones to the desk', () => {
    const allowed = [
      '198.51.100.0/24',
      '203.0.113.9',
      '203.0.113.10/32',
      '172.15.0.0/16',
      '172.32.0.0/11',
      '11.0.0.0/8',
    ];
    const given = { ...standard, allowedNetworks: allowed.join(','), deskNetworks: '10.0.0.0/8, 192.168.1.0/31' };
    expect(faultsOf(given)).toEqual([]);
    expect(settingsOf(given).allowedNetworks).toEqual(allowed);
  });

  it('take every other private /16 for the network of a stack', () => {
    for (const addressSpace of ['10.0.0.0/16', '10.255.0.0/16', '172.16.0.0/16', '172.29.0.0/16', '192.168.0.0/16'])
      expect(faultsOf({ ...standard, addressSpace })).toEqual([]);
  });

  it('take the numbers of a size unless they are given', () => {
    expect(settingsOf(standard)).toMatchObject({ partitions: 8, eventHubsTier: 'Standard', retentionDays: 7 });
    expect(settingsOf({ ...standard, partitions: '12' })).toMatchObject({ partitions: 12, ingestMost: 4 });
    expect(settingsOf(large)).toMatchObject({ partitions: 32, eventHubsTier: 'Premium', logNodes: '3' });
  });

  it('lock nothing unless somebody asks', () => {
    for (const given of [small, standard, large]) expect(settingsOf(given).lockEvidence).toBe(false);
  });

  it('are what Pulumi.yaml declares', () => {
    const file = join(import.meta.dirname, '../../Pulumi.yaml');
    const project = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    if (process.env['TOCSIN_TEST_GOLDEN'] === 'write')
      writeFileSync(file, stringify({ ...project, config: declaredSettings() }, { lineWidth: 0 }));
    expect((parse(readFileSync(file, 'utf8')) as Record<string, unknown>)['config']).toEqual(declaredSettings());
  });
});
