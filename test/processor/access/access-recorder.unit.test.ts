import { describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import type { Look } from '#domain/access/events.ts';
import { localPerson, type ProvedPerson } from '#domain/access/person.ts';
import { readEvent } from '#domain/registry.ts';
import type { EventLog } from '#ports/event-log.ts';
import { type AccessRecorderDeps, createAccessRecorder } from '#processor/access/access-recorder.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { recordMissing } from '#test/domain/event-fixtures.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const rae: ProvedPerson = {
  how: 'sign-in',
  name: 'Rae Responder',
  subject: 'user:11111111-2222-4333-8444-555555555555/7a0e0000-0000-4000-8000-000000000101',
};
const emergency = (number: number, person: ProvedPerson = rae): Look => ({
  kind: 'emergency',
  person,
  over: 'desk',
  emergency: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
});

function setUp(more: Partial<AccessRecorderDeps> = {}) {
  const log = createMemoryEventLog();
  const keyStore = createMemoryKeyStore({ ids: createSeededIds(1) });
  const sealer = createSealer({ keyStore });
  const clock = createHurriedClock();
  const told: (string | undefined)[] = [];
  const recorder = createAccessRecorder({
    log,
    sealer,
    keyStore,
    clock,
    ids: createSeededIds(2),
    recordedBy: { role: 'desk', build: '0.1.0' },
    onWaiting: (detail) => told.push(detail),
    ...more,
  });
  const stop = new AbortController();
  const running = recorder.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { log, sealer, clock, recorder, told, end, stream: () => log.stream('access') };
}

describe('the record of who looked at what', () => {
  it('names the person sealed, and says what was seen and when', async () => {
    const { recorder, sealer, stream, end, log } = setUp();
    recorder.record(emergency(1));
    recorder.record({ kind: 'record', person: rae, over: 'desk', stream: 'inbox-teams-emergency-0' });
    recorder.record({
      kind: 'export',
      person: localPerson('ada.lovelace'),
      over: 'cli',
      filter: { stream: 'emergency-1' },
    });
    recorder.record({ kind: 'search', person: rae, over: 'desk', callerToken: 'a-token' });
    recorder.record({ kind: 'session-started', person: rae, roles: ['Responder'] });
    recorder.record({ kind: 'session-ended', person: rae });
    await end();
    if (process.env['TOCSIN_TEST_RECORD_FIXTURES'] === '1') recordMissing(log.events);
    expect(stream().map(({ type }) => type)).toEqual([
      'EmergencyViewed',
      'RecordViewed',
      'RecordExported',
      'CallerSearched',
      'SessionStarted',
      'SessionEnded',
    ]);
    for (const { type, data, metadata } of stream()) {
      expect(readEvent(type, Number(metadata['schemaVersion']), data)).toMatchObject({ ok: true });
      expect(JSON.stringify(data)).not.toMatch(/Rae Responder|ada\.lovelace|7a0e0000/);
    }
    const [first] = stream();
    expect(first?.metadata['$correlationId']).toBe(first?.data['emergency']);
    expect(await sealer.unseal(first?.data ?? null)).toMatchObject({
      by: 'Rae Responder',
      proved: 'sign-in',
      over: 'desk',
    });
    expect(stream()[0]?.data['byToken']).toBe(stream()[1]?.data['byToken']);
    expect(stream()[0]?.data['byToken']).not.toBe(stream()[2]?.data['byToken']);
  });

  it('has one event for a person, a call and ten minutes', async () => {
    const { recorder, clock, stream, end } = setUp();
    for (let tick = 0; tick < 1_000; tick += 1) recorder.record(emergency(tick % 3));
    recorder.record(emergency(0, localPerson('ada.lovelace')));
    await eventually('it is written', () => stream().length === 4);
    await clock.sleep(599_000);
    recorder.record(emergency(0));
    await clock.sleep(2_000);
    recorder.record(emergency(0));
    await end();
    expect(stream()).toHaveLength(5);
  });

  it('goes on behind what another desk wrote to the same stream', async () => {
    const one = setUp();
    one.recorder.record(emergency(1));
    await eventually('it is written', () => one.stream().length === 1);
    const other = setUp({ log: one.log });
    other.recorder.record(emergency(2));
    await eventually('it is written', () => one.stream().length === 2);
    one.recorder.record(emergency(3));
    await one.end();
    await other.end();
    expect(one.stream().map(({ data }) => String(data['emergency']).at(-1))).toEqual(['1', '2', '3']);
  });

  it('has each look once, whatever becomes of the answer to an append', async () => {
    const { recorder, log, stream, end } = setUp();
    let attempt = 0;
    log.faults = () => (attempt++ % 2 === 0 ? 'lost-answer' : undefined);
    for (let look = 0; look < 120; look += 1) recorder.record(emergency(look));
    await eventually('they are written', () => stream().length >= 120);
    await end();
    expect(stream().map(({ data }) => Number(String(data['emergency']).slice(-12)))).toEqual(
      Array.from({ length: 120 }, (_, look) => look),
    );
  });

  it('waits while the log is away, says so, and loses nothing', async () => {
    const { recorder, log, clock, told, stream, end } = setUp();
    log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'away' });
    recorder.record(emergency(1));
    await eventually('it was tried for a while', () => told.length > 5);
    await clock.sleep(40_000);
    expect(recorder.state()).toMatchObject({ waiting: 1, waitingSince: expect.any(Number), lost: 0 });
    log.faults = undefined;
    await eventually('it is written', () => stream().length === 1);
    await end();
    expect(told.at(-1)).toBeUndefined();
    expect(recorder.state()).toMatchObject({ waiting: 0, lost: 0, writtenAt: expect.any(Number) });
    expect(recorder.state().waitingSince).toBeUndefined();
  });

  it('waits while the key store is away', async () => {
    let away = true;
    const { recorder, sealer, stream, end, told } = setUp({
      sealer: {
        seal: async (documents) =>
          away ? { ok: false, reason: 'unavailable', detail: 'the key store is away' } : sealer.seal(documents),
      },
    });
    recorder.record(emergency(1));
    await eventually('it was tried', () => told.includes('the key store is away'));
    away = false;
    await eventually('it is written', () => stream().length === 1);
    await end();
  });

  it('puts on record how many looks were lost where too many waited', async () => {
    const { recorder, log, stream, end } = setUp({ most: 10 });
    log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'away' });
    for (let look = 0; look < 25; look += 1) recorder.record(emergency(look));
    expect(recorder.state()).toMatchObject({ waiting: 10, lost: 15 });
    log.faults = undefined;
    await eventually('it is written', () => stream().length === 11);
    await end();
    if (process.env['TOCSIN_TEST_RECORD_FIXTURES'] === '1') recordMissing(log.events);
    expect(stream().at(-1)).toMatchObject({ type: 'AccessRecordInterrupted', data: { lost: 15 } });
    expect(recorder.state()).toMatchObject({ waiting: 0, lost: 15 });
  });

  it('makes nobody wait: an append that never ends holds nothing up, and the end of the desk neither', async () => {
    const never: Pick<EventLog, 'append' | 'readStream'> = {
      append: async () => ({ ok: false, reason: 'unavailable', detail: 'never' }),
      readStream: async () => ({ ok: false, reason: 'unavailable', detail: 'never' }),
    };
    const { recorder, end } = setUp({ log: never });
    for (let look = 0; look < 100; look += 1) recorder.record(emergency(look));
    await end();
    expect(recorder.state().waiting).toBe(100);
  });
});
