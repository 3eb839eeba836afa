import { innerNames } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** Urgency as Azure Monitor counts it: 0 is the worst. */
export type Severity = 0 | 1 | 2 | 3;

/** An alarm on a metric that Azure keeps by itself. */
export interface MetricAlarm {
  readonly name: string;
  readonly on: 'namespace' | 'vault' | 'app' | 'database' | 'machine' | 'topic';
  readonly metricNamespace: string;
  readonly metric: string;
  readonly aggregation: 'Total' | 'Average' | 'Minimum' | 'Maximum';
  readonly operator: 'GreaterThan' | 'LessThan' | 'LessThanOrEqual';
  readonly threshold: number;
  /** ISO 8601 durations. */
  readonly window: MetricWindow;
  readonly every: MetricFrequency;
  readonly severity: Severity;
  readonly description: string;
}

/** An alarm on what is in Log Analytics. It goes off as soon as the query has a row. */
export interface QueryAlarm {
  readonly name: string;
  readonly query: string;
  readonly window: QueryWindow;
  readonly every: QueryFrequency;
  readonly severity: Severity;
  readonly description: string;
}

const hub = { on: 'namespace', metricNamespace: 'Microsoft.EventHub/namespaces' } as const;
const topic = { on: 'topic', metricNamespace: 'Microsoft.EventGrid/partnerTopics' } as const;
const app = { on: 'app', metricNamespace: 'Microsoft.App/containerapps' } as const;

/** Alarms on metrics ("Supported metrics with Azure Monitor", learn.microsoft.com). Those on parts that a stack does not have are left out. */
export const metricAlarms: readonly MetricAlarm[] = [
  {
    ...hub,
    name: 'hub-throttled',
    metric: 'ThrottledRequests',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 0,
    window: 'PT5M',
    every: 'PT1M',
    severity: 1,
    description: 'Event Hubs slows senders or readers down: notices of calls wait. Raise throughputUnits.',
  },
  {
    ...hub,
    name: 'hub-errors',
    metric: 'ServerErrors',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 5,
    window: 'PT5M',
    every: 'PT1M',
    severity: 1,
    description: 'Event Hubs fails requests. See the health of the service; notices wait in the hub.',
  },
  {
    ...hub,
    name: 'no-events',
    metric: 'IncomingMessages',
    aggregation: 'Total',
    operator: 'LessThanOrEqual',
    threshold: 0,
    window: 'P1D',
    every: 'PT1H',
    severity: 2,
    description:
      'Nothing arrived at the hub for a day, not even a lifecycle notice. Look at subscriptions and sign-in.',
  },
  {
    on: 'vault',
    metricNamespace: 'Microsoft.KeyVault/vaults',
    name: 'vault-away',
    metric: 'Availability',
    aggregation: 'Average',
    operator: 'LessThan',
    threshold: 99,
    window: 'PT5M',
    every: 'PT1M',
    severity: 1,
    description: 'The key vault fails requests: calls still reach the board, but sealed details stay locked.',
  },
  {
    ...app,
    name: 'not-running',
    metric: 'Replicas',
    aggregation: 'Minimum',
    operator: 'LessThan',
    threshold: 1,
    window: 'PT5M',
    every: 'PT1M',
    severity: 0,
    description: 'A role, or the Temporal of the stack, does not run at all.',
  },
  {
    on: 'database',
    metricNamespace: 'Microsoft.DBforPostgreSQL/flexibleServers',
    name: 'database-disk',
    metric: 'storage_percent',
    aggregation: 'Average',
    operator: 'GreaterThan',
    threshold: 80,
    window: 'PT15M',
    every: 'PT5M',
    severity: 2,
    description: "The disk of Temporal's database fills up.",
  },
  {
    ...topic,
    name: 'grid-gave-up',
    metric: 'DeadLetteredCount',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 0,
    window: 'PT5M',
    every: 'PT1M',
    severity: 0,
    description: 'Event Grid gave up on notices: they lie in the container dead-letters and never reached the hub.',
  },
  {
    ...topic,
    name: 'grid-dropped',
    metric: 'DroppedEventCount',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 0,
    window: 'PT5M',
    every: 'PT1M',
    severity: 0,
    description: 'Event Grid lost notices: it could neither hand them to the hub nor keep them in the container.',
  },
  {
    ...topic,
    name: 'grid-refused',
    metric: 'DeliveryAttemptFailCount',
    aggregation: 'Total',
    operator: 'GreaterThan',
    threshold: 5,
    window: 'PT5M',
    every: 'PT1M',
    severity: 1,
    description:
      'The hub refuses what Event Grid hands on; it tries for a day. Look at the roles of the identity and at the hub.',
  },
  {
    on: 'machine',
    metricNamespace: 'Microsoft.Compute/virtualMachines',
    name: 'machine-away',
    metric: 'VmAvailabilityMetric',
    aggregation: 'Average',
    operator: 'LessThan',
    threshold: 1,
    window: 'PT5M',
    every: 'PT1M',
    severity: 0,
    description: 'A machine that holds the log does not answer.',
  },
];

/** Days before the end of Graph's authorisation as a partner of Event Grid from which on it is an alarm. */
const authorisationDays = 30;

/** Without it Graph can neither make nor change a topic, and nobody else says so. The rows are there to have any: the hub sends some each minute. */
function authorisationAlarm({ eventGridUntil }: StackSettings): QueryAlarm {
  return {
    name: 'event-grid-authorisation',
    query: `AzureMetrics | where ResourceProvider == "MICROSOFT.EVENTHUB" | take 1 | where now() > datetime(${eventGridUntil ?? ''}) - ${authorisationDays}d`,
    window: 'P1D',
    every: 'PT6H',
    severity: 1,
    description: `Graph is authorised as a partner of Event Grid until ${eventGridUntil ?? ''} only: set eventGridUntil to a later day.`,
  };
}

/** Alarms that Tocsin itself raises: a log line with the field `alarm` and one of these words. */
export const programAlarms = {
  'sign-in-ends': {
    severity: 1,
    description: 'The sign-in of a feed ends soon or has ended: somebody has to sign in.',
  },
  'subscription-ends': { severity: 1, description: 'A subscription ends soon and was not renewed.' },
  'feed-not-watched': { severity: 0, description: 'A feed is provably not watched: calls may be missed.' },
  'reading-behind': { severity: 1, description: 'Reading the hub is behind.' },
  'policy-not-covered': { severity: 2, description: 'An emergency calling policy has no subscription.' },
} as const satisfies Readonly<Record<string, { readonly severity: Severity; readonly description: string }>>;

/** Used space of a disk in percent from which on it is an alarm. */
const fullDisk = 80;

/** What units of systemd run on machines: Tocsin and what stands before it, or a node of the log. */
const units = ['tocsin.service', 'tocsin-proxy.service', 'eventstore.service'];

/** Windows of rules on metrics ("Metric Alerts - Create Or Update", learn.microsoft.com). */
export type MetricWindow = 'PT1M' | 'PT5M' | 'PT15M' | 'PT30M' | 'PT1H' | 'PT6H' | 'PT12H' | 'P1D';
/** How often they are looked at. */
export type MetricFrequency = Exclude<MetricWindow, 'PT6H' | 'PT12H' | 'P1D'>;

/**
 * Windows of scheduled queries: nothing between six hours and a day, and nothing beyond two days ("Scheduled Query Rules - Create Or Update",
 * learn.microsoft.com).
 */
export type QueryWindow = `PT${5 | 10 | 15 | 30 | 45}M` | `PT${1 | 2 | 3 | 4 | 5 | 6}H` | 'P1D' | 'P2D';
/** How often they run. */
export type QueryFrequency = Exclude<QueryWindow, 'P2D'>;

/** How far a scheduled query can look back in half of the days that a hub keeps. */
const lookBack = [
  { hours: 6, window: 'PT6H' },
  { hours: 24, window: 'P1D' },
  { hours: 48, window: 'P2D' },
] as const;

/** Fields of the line that the program writes about a partition while something has waited there for more than a minute. */
export const unreadFields = { partition: 'unreadPartition', seconds: 'unreadSeconds' } as const;

/** Alarms on Log Analytics for a stack with these settings. */
export function queryAlarms(s: StackSettings): readonly QueryAlarm[] {
  const half = lookBack.findLast(({ hours }) => hours <= s.retentionDays * 12) ?? lookBack[0];
  const sums = `AzureMetrics | where ResourceProvider == "MICROSOFT.EVENTHUB" and MetricName in ("IncomingMessages", "OutgoingMessages") | summarize Arrived = sumif(Total, MetricName == "IncomingMessages"), Read = sumif(Total, MetricName == "OutgoingMessages")`;
  return [
    {
      name: 'lag',
      query: `${sums} | where Arrived > 0 and Read < Arrived * 0.5`,
      window: 'PT15M',
      every: 'PT5M',
      severity: 1,
      description: `Less was read from ${innerNames.hub} than arrived: the board is behind.`,
    },
    {
      name: 'lag-half-retention',
      query: `${lines(s)} | where Line has "${unreadFields.seconds}" | extend Row = parse_json(Line) | extend Partition = tostring(Row.${unreadFields.partition}), Seconds = tolong(Row.${unreadFields.seconds}) | where Seconds >= ${halfRetentionSeconds(s)} | summarize Seconds = max(Seconds) by Partition`,
      window: 'PT15M',
      every: 'PT5M',
      severity: 0,
      description: `A message has waited for half of the ${s.retentionDays} days that the hub keeps it. Calls will be lost: get ingest to read, or raise retentionDays.`,
    },
    {
      // For when nobody is left who could write the line above.
      name: 'nothing-read',
      query: `${sums} | where Arrived > 0 and Read == 0`,
      window: half.window,
      every: 'PT1H',
      severity: 0,
      description: `Nothing was read for ${half.hours} hours; the hub forgets after ${s.retentionDays} days. Calls will be lost.`,
    },
    ...(s.eventGrid ? [authorisationAlarm(s)] : []),
    ...(s.log === 'connection' ? [] : machineAlarms),
    ...(s.log === 'embedded' ? [] : [restarts]),
    ...Object.entries(programAlarms).map(
      ([name, { severity, description }]): QueryAlarm => ({
        name,
        query: `${lines(s)} | where Line has '"alarm":"${name}"'`,
        window: 'PT15M',
        every: 'PT5M',
        severity,
        description,
      }),
    ),
  ];
}

/** Half of the time that the hub keeps a message. */
function halfRetentionSeconds({ retentionDays }: StackSettings): number {
  return (retentionDays * 86_400) / 2;
}

/**
 * By what Container Apps writes about its containers: its metric RestartCount counts from the making of a copy on, so an alarm on that would never end, and a
 * second crash loop would tell nobody. A copy that is replaced ends once. One that crashes on and on is started every five minutes at last, too seldom for a
 * count of ends alone: Container Apps says then that it holds back.
 */
const restarts: QueryAlarm = {
  name: 'restarts',
  query:
    'ContainerAppSystemLogs | where Reason in ("ContainerTerminated", "ContainerBackOff") | summarize Times = count() by ContainerAppName, ReplicaName | where Times > 3',
  window: 'PT15M',
  every: 'PT5M',
  severity: 1,
  description: 'A role, or the Temporal of the stack, starts again and again. Its last lines in the log say why.',
};

/** Alarms on what the agent of a machine sends: counters every minute (`Perf`), and the journal with the words of systemd (`Syslog`). */
const machineAlarms: readonly QueryAlarm[] = [
  {
    name: 'disk',
    query: `Perf | where ObjectName == "Logical Disk" and CounterName == "% Used Space" | summarize Used = avg(CounterValue) by Computer, InstanceName | where Used > ${fullDisk}`,
    window: 'PT30M',
    every: 'PT15M',
    severity: 1,
    description: 'A disk of a machine fills up; when the disk of the log is full, nothing can be recorded.',
  },
  {
    name: 'machine-restarts',
    query: `Syslog | where ProcessName == "systemd" and SyslogMessage has "Scheduled restart job" and SyslogMessage has_any (${units.map((unit) => `"${unit}"`).join(', ')}) | summarize Restarts = count() by Computer | where Restarts > 3`,
    window: 'PT15M',
    every: 'PT5M',
    severity: 1,
    description: 'Tocsin or the log starts again and again on a machine. Its last lines in the journal say why.',
  },
  {
    name: 'machine-silent',
    query: 'Perf | summarize Last = max(TimeGenerated) by Computer | where Last < ago(15m)',
    window: 'PT6H',
    every: 'PT15M',
    severity: 2,
    description:
      'A machine has sent no measurement for a quarter of an hour: alarms about its disk and its restarts see nothing.',
  },
];

/** Where the lines that Tocsin writes end up: the console of Container Apps, or the journal of the single machine. */
export function lines(s: StackSettings): string {
  return s.log === 'embedded'
    ? 'Syslog | where ProcessName in ("podman", "tocsin") | extend Line = SyslogMessage'
    : 'ContainerAppConsoleLogs | extend Line = Log';
}
