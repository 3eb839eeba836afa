import { describe, expect, it } from 'vitest';
import { metricAlarms, programAlarms, queryAlarms } from '#infra/alarms.ts';
import { workbook, workbookTiles } from '#infra/workbook.ts';
import { type Given, large, small, standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

const named = (given: Given, name: string) => queryAlarms(settingsOf(given)).find((alarm) => alarm.name === name);

describe('alarms', () => {
  it('go off when nothing was read for half of the time that the hub keeps, or sooner', () => {
    expect(named({ ...standard, retentionDays: '1' }, 'lag-half-retention')?.window).toBe('PT12H');
    expect(named({ ...standard, retentionDays: '3' }, 'lag-half-retention')?.window).toBe('P1D');
    expect(named({ ...standard, retentionDays: '7' }, 'lag-half-retention')?.window).toBe('P2D');
  });

  it('look at disks where there are machines', () => {
    expect(named(small, 'disk')).toBeDefined();
    expect(named(large, 'disk')).toBeDefined();
    expect(named(standard, 'disk')).toBeUndefined();
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

  it('use windows that Azure Monitor takes', () => {
    const metric = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D'];
    expect(metricAlarms.filter(({ window, every }) => !metric.includes(window) || !metric.includes(every))).toEqual([]);
  });
});

describe('the workbook', () => {
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
