import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { emergencyStream } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent, RecordedEvent } from '#ports/event-log.ts';
import { type EraseDeps, erasePerson } from '#processor/erasure/erase.ts';
import { type FindDeps, type FoundPerson, findPerson } from '#processor/erasure/find.ts';
import { callIn, type StoredNotice } from '#processor/erasure/seen.ts';
import { basic, checked, createPlace, message, noon } from '#test/processor/resolve/running-resolve.ts';
import { tenant } from '#test/support/calls.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

const ana = '7a0e0000-0000-4000-8000-000000000001';
const juergen = '7a0e0000-0000-4000-8000-000000000002';

let place: ReturnType<typeof createPlace>;
/** Notices by the call that they are about. */
let calls: Map<string, readonly NewEvent[]>;
beforeEach(() => {
  place = createPlace();
  calls = new Map();
});
afterEach(() => place.stop());

const rich = (resource: JsonObject, content: JsonObject): JsonObject =>
  basic('1', { ...resource, encryptedContent: { data: btoa(JSON.stringify(content)), dataKey: 'k' } });

/** What the chat feed tells of a call: object id and display name. */
const byChat = (id: string, objectId: string, displayName: string) =>
  basic(id, {
    encryptedContent: {
      data: btoa(
        JSON.stringify(
          message(id, {
            importance: 'high',
            from: { user: { id: objectId, displayName } },
            body: { contentType: 'html', content: `<p><b>${displayName}</b> has placed an Emergency Call</p>` },
          }),
        ),
      ),
      dataKey: 'k',
    },
  });

/** What the events feed tells: UPN, number and display name. */
const byEvents = (id: string, upn: string | undefined, phoneNumber: string, displayName: string) =>
  rich(
    { resource: "communications/calls/getEmergencyEventsByPolicy(policyName='P')" },
    {
      '@odata.type': '#microsoft.graph.emergencyCallEvent',
      ...{ id, callEventType: 'callStarted', emergencyNumberDialed: '911', policyName: 'P' },
      callerInfo: { displayName, phoneNumber, ...(upn === undefined ? {} : { upn }), location: { city: 'Redmond' } },
    },
  );

async function call(id: string, ...notices: readonly JsonObject[]): Promise<void> {
  calls.set(id, await place.stored(notices));
}

const stored = (event: NewEvent): StoredNotice => ({ id: event.id, stream: 'inbox-hub-0', data: event.data });
const finding = (): FindDeps => ({
  async *naming(token) {
    for (const [id, notices] of calls)
      for (const { data } of notices)
        if (JSON.stringify(callIn(data)?.['callerTokens'] ?? []).includes(token))
          yield { id, stream: emergencyStream(id), data: {} };
  },
  story: async (id) => (calls.get(id) ?? []).map(stored),
  sealer: createSealer({ keyStore: place.keyStore }),
  ...{ keyStore: place.keyStore, tenants: [tenant] },
});
async function found(key: string): Promise<FoundPerson> {
  const person = await findPerson(finding(), key);
  if (!person.ok) throw new Error(person.detail);
  return person;
}
const erasing = (): EraseDeps => ({
  ...{ log: place.log, keyStore: place.keyStore, clock: createHurriedClock(noon), ids: systemIds },
  ...{ sealer: createSealer({ keyStore: place.keyStore }), recordedBy: { role: 'desk', build: 'test' } },
});
const actor = { by: 'Ada', from: 'cli' } as const;

/** All that anybody could still read. */
async function readable(id: string): Promise<string> {
  return JSON.stringify(await finding().sealer.unseal((calls.get(id) ?? []).map(({ data }) => data)));
}

describe('the names of one person', () => {
  it('are found as calls told them together, from whichever one it begins', async () => {
    await call(
      'a',
      byChat('1', ana, 'Ana Petrova'),
      byEvents('c1', 'Ana@contoso.example', '+1 425 555 0101', 'Ana Petrova'),
    );
    await call('b', byEvents('c2', 'ana@contoso.example', '+1 425 555 0101', 'Ana Petrova'));
    await call(
      'c',
      byChat('2', juergen, 'Jürgen Weiß'),
      byEvents('c3', 'j@contoso.example', '+49 30 555', 'Jürgen Weiß'),
    );
    const extent = { objectIds: 1, upns: 1, numbers: 1, emergencies: 2, notices: 3 };
    const starts = [`oid:${ana}`, 'upn:ana@contoso.example', 'number:14255550101'];
    const all = await Promise.all(starts.map(found));
    for (const person of all) {
      expect(person.extent).toEqual(extent);
      expect(person.subjects).toEqual(all[0]?.subjects);
      expect(person.subjects).toEqual(expect.arrayContaining([`user:${tenant}/${ana}`, 'upn:ana@contoso.example']));
    }
  });

  it('are not those of somebody else of the same display name', async () => {
    await call('a', byChat('1', ana, 'Ana Petrova'));
    await call('b', byChat('2', juergen, 'Ana Petrova'));
    expect((await found(`oid:${ana}`)).extent).toMatchObject({ objectIds: 1, emergencies: 1 });
    expect(await findPerson(finding(), 'name:ana petrova')).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('leave a number that others called with as well, and ask who is meant where that is all that is given', async () => {
    await call('a', byEvents('c1', 'ana@contoso.example', '+1 425 555 0100', 'Ana Petrova'));
    await call('b', byEvents('c2', 'j@contoso.example', '+1 425 555 0100', 'Jürgen Weiß'));
    const person = await found('upn:ana@contoso.example');
    expect(person).toMatchObject({ sharedNumbers: 1, extent: { numbers: 0, emergencies: 1 } });
    expect(person.subjects).not.toContain('number:14255550100');
    expect(await findPerson(finding(), 'number:14255550100')).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('are not looked for while the key store is away: some would be left out', async () => {
    await call('a', byChat('1', ana, 'Ana Petrova'));
    const away = {
      ...place.keyStore,
      find: async () => ({ ok: false, reason: 'unavailable', detail: 'away' }) as const,
    };
    const deps = { ...finding(), sealer: createSealer({ keyStore: away }) };
    expect(await findPerson(deps, `oid:${ana}`)).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});

describe('an erasure', () => {
  it('takes every value of that person and nobody else’s, and is on record without the person', async () => {
    await call(
      'a',
      byChat('1', ana, 'Ana Petrova'),
      byEvents('c1', 'ana@contoso.example', '+1 425 555 0101', 'Ana Petrova'),
    );
    await call('b', byEvents('c2', undefined, '', 'Ana Petrova'), byChat('3', ana, 'Ana Petrova'));
    await call('c', byChat('2', juergen, 'Jürgen Weiß'));
    expect(await readable('a')).toContain('Redmond');
    const person = await found(`oid:${ana}`);
    expect(await erasePerson(erasing(), `oid:${ana}`, person, actor)).toMatchObject({ ok: true, left: 0 });
    for (const text of [await readable('a'), await readable('b'), JSON.stringify(place.log.events)])
      expect(text).not.toMatch(/Ana Petrova|Redmond|555 ?0101|ana@/);
    expect(await readable('c')).toContain('Jürgen');
    const [asked, done, ...more] = place.log.events as readonly RecordedEvent[];
    expect([asked?.type, done?.type, more]).toEqual(['ErasureRequested', 'PersonErased', []]);
    expect(asked?.stream).toMatch(/^subject-[0-9a-f-]{36}$/);
    expect(checked(place.log.events)).toMatchObject([
      { objectIds: 1, upns: 1, emergencies: 2, over: 'cli', callerTokens: person.callerTokens },
      { left: 0 },
    ]);
    // Repeated, it finds the calls again, and nothing to destroy that is not destroyed.
    expect((await found(`oid:${ana}`)).extent.emergencies).toBe(2);
  });

  it('takes the ids of the chats of two with that person from messages that were no call, and leaves those of others', async () => {
    const chat = (one: string, other: string) => `19:${one}_${other}@unq.gbl.spaces`;
    const nora = '7a0e0000-0000-4000-8000-000000000003';
    const inChat = (id: string, chatId: string) => basic(id, { resource: `chats('${chatId}')/messages('${id}')` });
    await call('a', byChat('1', ana, 'Ana Petrova'));
    await call('ordinary', inChat('8', chat(ana, nora)), inChat('9', chat(juergen, nora)));
    expect(await readable('ordinary')).toContain(ana);
    const erased = await erasePerson(erasing(), `oid:${ana}`, await found(`oid:${ana}`), actor);
    expect(erased).toMatchObject({ ok: true, left: 0 });
    expect(await readable('ordinary')).not.toContain(ana);
    expect(await readable('ordinary')).toContain(juergen);
  });

  it('destroys nothing that is not on record before', async () => {
    await call('a', byChat('1', ana, 'Ana Petrova'));
    place.log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'away' });
    const result = await erasePerson(erasing(), `oid:${ana}`, await found(`oid:${ana}`), actor);
    expect(result).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(await readable('a')).toContain('Ana Petrova');
  });
});
