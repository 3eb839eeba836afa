import { describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import type { ProvedPerson } from '#domain/access/person.ts';
import { readEvent } from '#domain/registry.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createActs, type HumanAct } from '#processor/acts/act.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { eventFixture } from '#test/domain/event-fixtures.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const id = '00000000-0000-4000-8000-000000000001';
const stream = `emergency-${id}`;
const person = (number: number): ProvedPerson => ({
  how: 'sign-in',
  name: 'Rae Responder',
  subject: `user:11111111-2222-4333-8444-555555555555/7a0e0000-0000-4000-8000-00000000010${number}`,
});
const taken = (who: ProvedPerson | undefined): HumanAct => ({
  act: 'acknowledge',
  by: 'Rae Responder',
  from: 'desk',
  ...(who === undefined ? {} : { proved: who }),
});

async function setUp() {
  const log = createMemoryEventLog();
  const keyStore = createMemoryKeyStore({ ids: createSeededIds(1) });
  const sealer = createSealer({ keyStore });
  const { data, metadata, type } = eventFixture('EmergencyRaised', 1);
  await log.append(stream, 'no-stream', [{ id: createSeededIds(9).random(), type, data, metadata }]);
  const acts = createActs({
    ...{ log, sealer, keyStore, clock: createHurriedClock(), ids: createSeededIds(2) },
    recordedBy: { role: 'desk', build: '0.1.0' },
  });
  const last = () => log.stream(stream).at(-1)?.data as JsonObject;
  return { acts, log, sealer, keyStore, last };
}

describe('an act of somebody whose identity was proved', () => {
  it('says how it was proved, and names the person sealed under a key of that person', async () => {
    const { acts, sealer, keyStore, last } = await setUp();
    expect(await acts.act(id, taken(person(1)))).toMatchObject({ ok: true });
    expect(last()).toMatchObject({ proved: 'sign-in', from: 'desk' });
    expect(readEvent('EmergencyAcknowledged', 1, last())).toMatchObject({ ok: true });
    expect(await sealer.unseal(last())).toMatchObject({ by: 'Rae Responder' });
    expect(JSON.stringify(last())).not.toContain('Responder');
    // To erase the person is to erase the key of the person, not of a name.
    await keyStore.erase(person(1).subject);
    expect(await sealer.unseal(last())).toMatchObject({ by: '[erased]' });
  });

  it('is not taken for one of somebody else with the same name', async () => {
    const { acts } = await setUp();
    await acts.act(id, taken(person(1)));
    expect(await acts.act(id, taken(person(1)))).toMatchObject({ ok: true });
    expect(await acts.act(id, taken(person(2)))).toMatchObject({ ok: false, reason: 'already-acknowledged' });
    expect(await acts.act(id, taken(undefined))).toMatchObject({ ok: false, reason: 'already-acknowledged' });
  });

  it('is on record as claimed where nothing was proved', async () => {
    const { acts, last } = await setUp();
    await acts.act(id, taken(undefined));
    expect(last()).not.toHaveProperty('proved');
    const resolved: HumanAct = { act: 'resolve', by: 'Rae', from: 'cli', disposition: 'test', proved: person(1) };
    await acts.act(id, resolved);
    expect(last()).toMatchObject({ proved: 'sign-in', disposition: 'test' });
  });
});
