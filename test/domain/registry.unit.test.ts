import { describe, expect, it } from 'vitest';
import { cloudEventTypes } from '#domain/notices/types.ts';
import { eventRegistry, readEvent } from '#domain/registry.ts';
import { eventFixture, fixtureFiles } from '#test/domain/event-fixtures.ts';

const rows = eventRegistry.map((row) => [row.type, row.version, row] as const);

/** Of the outer interface, word for word: an outside type never becomes one of these. */
const arrivals = [
  'Microsoft.Graph.ChatMessageCreated',
  'Microsoft.Graph.ChatMessageUpdated',
  'Microsoft.Graph.ChatMessageDeleted',
  'Microsoft.Graph.EmergencyCallEvent',
  'Microsoft.Graph.SubscriptionReauthorizationRequired',
  'Microsoft.Graph.SubscriptionRemoved',
  'Microsoft.Graph.SubscriptionMissed',
  'Microsoft.Graph.CommsNotification',
  'tocsin.probe',
  'tocsin.empty',
  'tocsin.undecryptable',
  'tocsin.suspicious',
  'tocsin.unrecognised',
  'tocsin.undecodable',
  'tocsin.gap',
];

describe('the event registry', () => {
  it('holds the closed table of what arrives, and nothing else of that kind', () => {
    expect([...cloudEventTypes].sort()).toEqual([...arrivals].sort());
    const inbox = eventRegistry.filter(({ streams }) => streams.includes('inbox-<hub>-<partition>'));
    expect([...new Set(inbox.map(({ type }) => type))].sort()).toEqual([...arrivals].sort());
  });

  it('names everything else in the past tense, for what happened', () => {
    const others = eventRegistry.map(({ type }) => type).filter((type) => !arrivals.includes(type));
    expect(others.length).toBeGreaterThan(0);
    for (const type of others) expect(type).toMatch(/^([A-Z][a-z]+)+(ed|Bound|Shown|In|Lost)$/);
  });

  it('has each version once, from 1 upwards without holes', () => {
    for (const [type, versions] of Map.groupBy(eventRegistry, (row) => row.type))
      expect(
        versions.map(({ version }) => version).sort((a, b) => a - b),
        type,
      ).toEqual(versions.map((_, index) => index + 1));
  });

  it('says of each version how the next is made of it, and of the latest nothing', () => {
    for (const [type, versions] of Map.groupBy(eventRegistry, (row) => row.type)) {
      const latest = Math.max(...versions.map(({ version }) => version));
      for (const row of versions) expect(row.upcast !== undefined, `${type}@${row.version}`).toBe(row.version < latest);
    }
  });

  it('has one fixture for each version of each type, and none for anything else', () => {
    expect([...fixtureFiles].sort()).toEqual(rows.map(([type, version]) => `${type}.v${version}.json`).sort());
  });

  it.each(rows)('reads the fixture of %s, version %i, up to the latest version', (type, version, row) => {
    const fixture = eventFixture(type, version);
    expect(fixture).toMatchObject({ type, version, metadata: { schemaVersion: version } });
    expect(row.schema.safeParse(fixture.data)).toMatchObject({ success: true });
    expect(readEvent(type, version, fixture.data)).toMatchObject({ ok: true });
  });

  it.each(rows)('tells the data of %s, version %i, from that of something else', (_, __, row) => {
    for (const wrong of [{}, { call: {} }, { position: 7 }, { type: row.type }, [], 'text', null])
      expect(row.schema.safeParse(wrong), JSON.stringify(wrong)).toMatchObject({ success: false });
  });

  it.each(rows)('keeps the data of %s, version %i, in a stream that it says', (type, version, row) => {
    const pattern = row.streams.map((stream) =>
      stream
        .replace('<hub>', '[a-z0-9-]+')
        .replace('<partition>', '\\d+')
        .replace('<uuid>', '[0-9a-f-]{36}')
        .replace('<feed>', '(chat|events)')
        .replace('<id>', '[a-z]+(/[a-z0-9-]+)?'),
    );
    expect(eventFixture(type, version).stream).toMatch(new RegExp(`^(${pattern.join('|')})$`));
  });

  it.each(rows)('has the metadata that every event has in the fixture of %s, version %i', (type, version) => {
    const { metadata } = eventFixture(type, version);
    expect(metadata).toMatchObject({
      $correlationId: expect.any(String),
      $causationId: expect.any(String),
      recordedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      recordedBy: { role: expect.any(String), build: expect.any(String) },
    });
    if (arrivals.includes(type))
      expect(metadata).toMatchObject({
        incarnation: expect.any(String),
        partition: expect.any(String),
        offset: expect.any(String),
        sequenceNumber: expect.any(Number),
        enqueuedAt: expect.any(String),
        index: expect.any(Number),
        count: expect.any(Number),
      });
  });

  it('says which version it does not know, and what is wrong with data', () => {
    expect(readEvent('EmergencyRaised', 99, {})).toEqual({
      ok: false,
      problem: 'no version 99 of EmergencyRaised is known',
    });
    expect(readEvent('SomethingElse', 1, {})).toMatchObject({ ok: false });
    expect(readEvent('EmergencyRaised', 1, {})).toMatchObject({
      ok: false,
      problem: expect.stringContaining('EmergencyRaised@1'),
    });
  });
});
