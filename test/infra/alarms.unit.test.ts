import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metricAlarms, programAlarms, queryAlarms } from '#infra/alarms.ts';
import { workbook, workbookTiles } from '#infra/workbook.ts';
import { type Given, large, small, standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
/** What a stack of a size makes, as its golden file has it. */
const resourcesOf = (size: string): readonly Resource[] =>
  (
    JSON.parse(readFileSync(new URL(`../fixtures/infra/${size}.json`, import.meta.url), 'utf8')) as {
      readonly resources: readonly Resource[];
    }
  ).resources;
const named = (given: Given, name: string) => queryAlarms(settingsOf(given)).find((alarm) => alarm.name === name);

describe('alarms', () => {
  it('go off when a message has waited for half of the time that the hub keeps it', () => {
    for (const [days, seconds] of [
      ['1', 43_200],
      ['3', 129_600],
      ['7', 302_400],
    ] as const)
      expect(named({ ...standard, retentionDays: days }, 'lag-half-retention')?.query).toContain(
        `Seconds >= ${seconds} `,
      );
    // Prometheus knows no setting of a stack: its rule is for the default.
    const rules = readFileSync(new URL('../../deploy/prometheus/alerts.yml', import.meta.url), 'utf8');
    expect(rules).toContain(`(tocsin_ingest_lag_seconds) > ${settingsOf(standard).retentionDays * 43_200}\n`);
  });

  it('go off when nothing was read for half of the time that the hub keeps, or sooner, even when nobody is left to say so', () => {
    expect(named({ ...standard, retentionDays: '1' }, 'nothing-read')?.window).toBe('PT6H');
    expect(named({ ...standard, retentionDays: '3' }, 'nothing-read')?.window).toBe('P1D');
    expect(named({ ...standard, retentionDays: '7' }, 'nothing-read')?.window).toBe('P2D');
    expect(named(standard, 'nothing-read')?.query).toContain('AzureMetrics');
  });

  it('look at disks, restarts and silence where there are machines, by what their agent is told to send', () => {
    for (const name of ['disk', 'machine-restarts', 'machine-silent']) {
      expect(named(small, name), name).toBeDefined();
      expect(named(large, name), name).toBeDefined();
      expect(named(standard, name), name).toBeUndefined();
    }
    const sent = resourcesOf('large').find(({ type }) => type.endsWith(':DataCollectionRule'))?.inputs['dataSources'];
    // Words of systemd about its units are of the facility daemon.
    expect(sent).toMatchObject({
      performanceCounters: [{ streams: ['Microsoft-Perf'] }],
      syslog: [{ facilityNames: expect.arrayContaining(['daemon']), logLevels: ['*'], streams: ['Microsoft-Syslog'] }],
    });
    const tables = [small, large].flatMap((given) =>
      ['disk', 'machine-restarts', 'machine-silent'].map((name) => named(given, name)?.query.split(' ')[0]),
    );
    expect(new Set(tables)).toEqual(new Set(['Perf', 'Syslog']));
  });

  it('know the units of systemd that machines run', () => {
    for (const [size, units] of [
      ['small', ['tocsin.service', 'tocsin-proxy.service']],
      ['large', ['eventstore.service']],
    ] as const) {
      const machines = JSON.stringify(resourcesOf(size).filter(({ type }) => type.endsWith(':VirtualMachine')));
      for (const unit of units) {
        expect(machines).toContain(`/etc/systemd/system/${unit}`);
        expect(named(large, 'machine-restarts')?.query).toContain(`"${unit}"`);
      }
    }
  });

  it('look at every container app, that of a self-hosted Temporal among them', () => {
    const watched = (size: string, metric: string) =>
      resourcesOf(size)
        .filter(({ type, inputs }) => type.endsWith(':MetricAlert') && JSON.stringify(inputs).includes(`"${metric}"`))
        .flatMap(({ inputs }) => (inputs['scopes'] as readonly string[]).map((scope) => scope.split('/').at(-1)));
    expect(watched('large', 'Replicas')).toHaveLength(6);
    expect(watched('large', 'Replicas')).toContain('ca-northwind-traders-temporal');
    expect(watched('standard', 'Replicas')).toHaveLength(5);
  });

  it('go off anew when a container app crashes again and again, and end when it does no more: they count the last quarter of an hour alone', () => {
    for (const given of [standard, large]) {
      const alarm = named(given, 'restarts');
      expect(alarm).toMatchObject({ window: 'PT15M', every: 'PT5M', severity: 1 });
      // No app is named, so that of Temporal is among them.
      expect(alarm?.query).toBe(
        'ContainerAppSystemLogs | where Reason in ("ContainerTerminated", "ContainerBackOff") | summarize Times = count() by ContainerAppName, ReplicaName | where Times > 3',
      );
    }
    expect(named(small, 'restarts')).toBeUndefined();
    // A metric that only ever rises until a copy is replaced.
    expect(metricAlarms.map(({ metric }) => metric)).not.toContain('RestartCount');
    for (const size of ['standard', 'large']) {
      const settings = resourcesOf(size).filter(({ type }) => type.endsWith(':DiagnosticSetting'));
      expect(settings.find(({ name }) => name === 'diagnostics-environment')?.inputs).toMatchObject({
        logAnalyticsDestinationType: 'Dedicated',
        logs: [{ categoryGroup: 'allLogs', enabled: true }],
      });
    }
  });

  it('go off a month before Graph may no longer make topics, where it makes any', () => {
    expect(named(large, 'event-grid-authorisation')?.query).toContain('now() > datetime(2027-06-30) - 30d');
    expect(named(standard, 'event-grid-authorisation')).toBeUndefined();
  });

  it('hear what the program raises itself, wherever its lines end up', () => {
    for (const name of Object.keys(programAlarms)) {
      expect(named(standard, name)?.query).toContain(
        `ContainerAppConsoleLogs | extend Line = Log | where Line has '"alarm":"${name}"'`,
      );
      expect(named(small, name)?.query).toContain('Syslog');
    }
  });

  it('cover lag, throttling, silence, expiry, restarts and disks, each with a name of its own and a word on what to do', () => {
    const names = [...metricAlarms.map(({ name }) => name), ...queryAlarms(settingsOf(large)).map(({ name }) => name)];
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'lag',
        'hub-throttled',
        'no-events',
        'sign-in-ends',
        'subscription-ends',
        'restarts',
        'disk',
        'database-disk',
      ]),
    );
    for (const { description } of [...metricAlarms, ...queryAlarms(settingsOf(large))])
      expect(description.length).toBeGreaterThan(20);
  });

  it('use windows and frequencies that Azure Monitor takes', () => {
    const often = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H'];
    const metric = [...often, 'PT6H', 'PT12H', 'P1D'];
    expect(metricAlarms.filter(({ window, every }) => !metric.includes(window) || !often.includes(every))).toEqual([]);
    const minutes = ['PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT45M'];
    const query = [...minutes, ...[1, 2, 3, 4, 5, 6].map((hours) => `PT${hours}H`), 'P1D'];
    const days = [...Array(90).keys()].map((day) => ({ ...large, retentionDays: String(day + 1) }));
    const rules = [small, standard, { ...standard, retentionDays: '1' }, ...days].flatMap((given) =>
      queryAlarms(settingsOf(given)),
    );
    expect(rules.filter(({ window, every }) => ![...query, 'P2D'].includes(window) || !query.includes(every))).toEqual(
      [],
    );
  });
});

describe('the workbook', () => {
  it('asks the tables that the diagnostic settings fill', () => {
    for (const size of ['small', 'standard', 'large']) {
      const [settings] = [resourcesOf(size).filter(({ type }) => type.endsWith(':DiagnosticSetting'))];
      const vault = settings.find(({ name }) => name === 'diagnostics-vault');
      expect(vault?.inputs['logAnalyticsDestinationType']).toBe('Dedicated');
    }
    for (const given of [small, standard, large]) {
      const queries = workbookTiles(settingsOf(given)).map(({ query }) => query);
      expect(queries.filter((query) => query.includes('AzureDiagnostics'))).toEqual([]);
      expect(queries.find((query) => query.startsWith('AZKVAuditLogs'))).toContain('tostring(Identity.claim.appid)');
    }
  });

  it('is a notebook with every tile', () => {
    for (const given of [small, standard, large]) {
      const settings = settingsOf(given);
      const { items } = JSON.parse(workbook(settings)) as { items: { content: { title?: string } }[] };
      expect(items.map(({ content }) => content.title).filter((title) => title !== undefined)).toEqual(
        workbookTiles(settings).map(({ title }) => title),
      );
    }
  });
});
