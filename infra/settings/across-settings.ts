import { residencyOf } from '#infra/regions.ts';
import { type StackSettingKey, stackSettings } from '#infra/settings/schema.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** What each tier of Event Hubs allows ("Event Hubs quotas and limits", learn.microsoft.com). */
const tierLimits = {
  Standard: { partitions: 32, retentionDays: 7, units: [...Array(40).keys()].map((unit) => unit + 1) },
  Premium: { partitions: 100, retentionDays: 90, units: [1, 2, 4, 8, 12, 16] },
} as const;

interface Bound {
  /** The setting that decides. While it is missing or wrong itself, nothing is said about the others. */
  readonly by: StackSettingKey;
  readonly when: (settings: StackSettings) => boolean;
  readonly because: string;
  readonly keys: readonly StackSettingKey[];
}

const neededWith: readonly Bound[] = [
  { by: 'chatFeed', when: (s) => s.chatFeed, because: 'chatFeed is true', keys: ['serviceUser'] },
  { by: 'eventsFeed', when: (s) => s.eventsFeed, because: 'eventsFeed is true', keys: ['policies'] },
  { by: 'eventGrid', when: (s) => s.eventGrid, because: 'eventGrid is true', keys: ['eventGridUntil'] },
  { by: 'pagingUrl', when: () => true, because: 'pagingUrl is given', keys: ['pagingSecret'] },
  { by: 'eventsCertificate', when: () => true, because: 'eventsCertificate is given', keys: ['eventsKey'] },
  { by: 'log', when: (s) => s.log === 'connection', because: 'log is connection', keys: ['logConnection'] },
  {
    by: 'log',
    when: (s) => s.log === 'self-hosted',
    because: 'log is self-hosted',
    keys: ['logImage', 'logPassword', 'logAuthority', 'logCertificate', 'logKey', 'sshKey'],
  },
  {
    by: 'log',
    when: (s) => s.log === 'embedded',
    because: 'log is embedded',
    keys: ['sshKey', 'deskHost', 'deskCertificate', 'deskKey', 'proxyImage'],
  },
  {
    by: 'temporal',
    when: (s) => s.temporal === 'cloud' || s.temporal === 'existing',
    because: 'Temporal is elsewhere',
    keys: ['temporalAddress'],
  },
  {
    by: 'temporal',
    when: (s) => s.temporal === 'self-hosted',
    because: 'temporal is self-hosted',
    keys: ['temporalImage', 'temporalDatabasePassword', 'temporalCertificate', 'temporalKey', 'temporalAuthority'],
  },
];

const uselessWithout: readonly Bound[] = [
  { by: 'log', when: (s) => s.log !== 'connection', because: 'log is not connection', keys: ['logConnection'] },
  {
    by: 'log',
    when: (s) => s.log !== 'self-hosted',
    because: 'log is not self-hosted',
    keys: ['logImage', 'logPassword', 'logAuthority', 'logCertificate', 'logKey'],
  },
  {
    by: 'log',
    when: (s) => s.log !== 'embedded',
    because: 'log is not embedded: Container Apps gives the desk its name and certificate',
    keys: ['deskHost', 'deskCertificate', 'deskKey', 'proxyImage'],
  },
  {
    by: 'temporal',
    when: (s) => s.temporal !== 'self-hosted',
    because: 'temporal is not self-hosted',
    keys: ['temporalImage', 'temporalDatabasePassword'],
  },
  {
    by: 'temporal',
    when: (s) => s.temporal === 'off',
    because: 'temporal is off',
    keys: ['temporalAddress', 'temporalApiKey', 'temporalCertificate', 'temporalKey', 'temporalAuthority'],
  },
  {
    by: 'temporal',
    when: (s) => s.temporal === 'self-hosted',
    because: 'temporal is self-hosted',
    keys: ['temporalAddress', 'temporalApiKey'],
  },
  {
    by: 'eventsFeed',
    when: (s) => !s.eventsFeed,
    because: 'eventsFeed is false',
    keys: ['eventsCertificate', 'eventsKey', 'policies'],
  },
  { by: 'chatFeed', when: (s) => !s.chatFeed, because: 'chatFeed is false', keys: ['serviceUser'] },
  { by: 'eventGrid', when: (s) => !s.eventGrid, because: 'eventGrid is false', keys: ['eventGridUntil'] },
];

/**
 * Faults that only show when settings are seen together, as sentences. Settings that would do nothing are faults: somebody believed in them. `wrong`
 * are the settings that have been found wrong by themselves, about which nothing more is said.
 */
export function acrossSettings(s: StackSettings, wrong: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  const given = (key: StackSettingKey) => {
    const value = s[key];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  for (const { by, when, because, keys } of neededWith)
    if (given(by) && when(s))
      for (const key of keys)
        if (!given(key) && !wrong.has(key)) faults.push(`${key} is missing: ${because}. ${about(key)}`);
  for (const { by, when, because, keys } of uselessWithout)
    if (given(by) && when(s))
      for (const key of keys) if (given(key)) faults.push(`${key} has no effect: ${because}; take it out.`);
  if (s.pagingSecret !== undefined && s.pagingUrl === undefined && !wrong.has('pagingUrl'))
    faults.push('pagingSecret has no effect: pagingUrl is not given; take it out.');

  if (given('region') && given('dataResidency') && residencyOf(s.region) !== s.dataResidency)
    faults.push(`region ${s.region} keeps data in ${residencyOf(s.region)}, but dataResidency is ${s.dataResidency}.`);
  if (!s.chatFeed && !s.eventsFeed && !wrong.has('chatFeed') && !wrong.has('eventsFeed'))
    faults.push('chatFeed and eventsFeed are both false: nothing would be watched.');
  faults.push(...tierFaults(s), ...eventGridFaults(s));
  if (s.ingestMost > s.partitions)
    faults.push(`ingestMost is ${s.ingestMost}, but a hub with ${s.partitions} partitions has work for no more.`);
  if (s.log === 'embedded' && s.temporal === 'self-hosted')
    faults.push('temporal self-hosted needs Container Apps, which log embedded does without; use cloud or existing.');
  if (s.temporal !== 'self-hosted' && given('temporalCertificate') !== given('temporalKey'))
    if (!wrong.has('temporalCertificate') && !wrong.has('temporalKey'))
      faults.push('temporalCertificate and temporalKey belong together; give both or none.');
  if (s.lockEvidence && s.environment === 'test')
    faults.push('lockEvidence is true in a test stack: what is locked can never be cleared away.');
  return faults;
}

function eventGridFaults(s: StackSettings): readonly string[] {
  const faults: string[] = [];
  if (s.eventGridActive && !s.eventGrid) faults.push('eventGridActive has no effect: eventGrid is false; take it out.');
  if (s.eventGrid && s.chatFeed === false)
    faults.push('eventGrid has no effect: chatFeed is false, and Event Grid has no type for emergency events.');
  if (s.eventGrid && s.restrictEventHubs)
    faults.push(
      'eventGrid and restrictEventHubs are both true: no way of Event Grid through that firewall is documented for its identity.',
    );
  return faults;
}

function tierFaults(s: StackSettings): readonly string[] {
  const limits = tierLimits[s.eventHubsTier];
  const faults: string[] = [];
  if (s.partitions > limits.partitions)
    faults.push(`partitions is ${s.partitions}; ${s.eventHubsTier} has at most ${limits.partitions}.`);
  if (s.retentionDays > limits.retentionDays)
    faults.push(`retentionDays is ${s.retentionDays}; ${s.eventHubsTier} keeps at most ${limits.retentionDays}.`);
  if (!(limits.units as readonly number[]).includes(s.throughputUnits))
    faults.push(`throughputUnits is ${s.throughputUnits}; ${s.eventHubsTier} takes ${unitsOf(limits.units)}.`);
  if (s.eventHubsTier === 'Standard' && s.throughputUnitsMost < s.throughputUnits)
    faults.push(`throughputUnitsMost is ${s.throughputUnitsMost}, less than throughputUnits ${s.throughputUnits}.`);
  return faults;
}

const unitsOf = (units: readonly number[]): string => (units.length > 10 ? `1 to ${units.at(-1)}` : units.join(', '));
const about = (key: StackSettingKey): string => stackSettings[key].description;
