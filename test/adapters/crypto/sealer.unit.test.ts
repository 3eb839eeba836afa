import { describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { personal } from '#domain/personal.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { KeyStore } from '#ports/key-store.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { withOutage } from '#test/support/key-store-outage.ts';

const anna = 'user:t/anna';
const document = {
  data: {
    caller: { name: personal(anna, 'Anna Muster'), tokens: ['x'] },
    location: { latitude: personal(anna, 47.1), lines: [personal(anna, 'Hauptstr. 5'), personal(anna, 3)] },
    raw: personal(anna, { a: [1, null] }),
    absent: undefined,
    'a/b~c': personal('number:1', '+1'),
  },
};
const plain = {
  data: {
    caller: { name: 'Anna Muster', tokens: ['x'] },
    location: { latitude: 47.1, lines: ['Hauptstr. 5', 3] },
    raw: { a: [1, null] },
    'a/b~c': '+1',
  },
};

describe('sealing documents', () => {
  it('replaces personal values only, and says of each what it was and where', async () => {
    const sealed = await seal(createMemoryKeyStore(), document);
    expect(sealed).toEqual({
      data: {
        caller: { name: sealedAt('/data/caller/name', 'string'), tokens: ['x'] },
        location: {
          latitude: sealedAt('/data/location/latitude', 'number'),
          lines: [sealedAt('/data/location/lines/0', 'string'), sealedAt('/data/location/lines/1', 'number')],
        },
        raw: sealedAt('/data/raw', 'json'),
        'a/b~c': sealedAt('/data/a~1b~0c', 'string'),
      },
    });
  });

  it('leaves the document itself as it was', async () => {
    const before = structuredClone(document);
    await seal(createMemoryKeyStore(), document);
    expect(document).toEqual(before);
  });

  it('seals the same value differently each time', async () => {
    const store = createMemoryKeyStore();
    const [a, b] = await Promise.all([seal(store, personal(anna, 'x')), seal(store, personal(anna, 'x'))]);
    expect((a as JsonObject)['key']).toBe((b as JsonObject)['key']);
    expect((a as JsonObject)['box']).not.toBe((b as JsonObject)['box']);
  });

  it('asks for the keys of a whole batch once, each subject once, and not at all for nothing', async () => {
    const asked: (readonly string[])[] = [];
    const store = createMemoryKeyStore();
    const counting: KeyStore = {
      ...store,
      subjectKeys: (subjects) => {
        asked.push(subjects);
        return store.subjectKeys(subjects);
      },
    };
    const sealer = createSealer({ keyStore: counting });
    await sealer.seal([{ eventId: 'e', document: { a: [1, 'x'] } }]);
    await sealer.seal([
      { eventId: 'e1', document },
      { eventId: 'e2', document },
    ]);
    expect(asked).toEqual([[anna, 'number:1']]);
  });

  it('keeps members called __proto__ as members', async () => {
    const odd = { data: JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'), me: personal(anna, 'x') };
    const store = createMemoryKeyStore();
    const sealed = await seal(store, odd);
    expect(JSON.stringify((sealed as JsonObject)['data'])).toBe('{"__proto__":{"polluted":true},"constructor":1}');
    const opened = await createSealer({ keyStore: store }).unseal(sealed);
    expect(JSON.stringify(opened)).toBe('{"data":{"__proto__":{"polluted":true},"constructor":1},"me":"x"}');
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([() => 1, Symbol('s'), 1n, Number.NaN])('refuses what JSON cannot say', async (value) => {
    await expect(seal(createMemoryKeyStore(), { value })).rejects.toThrow(TypeError);
  });

  it('answers that the key store is away', async () => {
    const store = withOutage(createMemoryKeyStore());
    store.away = true;
    const answer = await createSealer({ keyStore: store }).seal([{ eventId: 'e', document }]);
    expect(answer).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});

describe('unsealing a document', () => {
  it('gives every value back as it was', async () => {
    const store = createMemoryKeyStore();
    expect(await unseal(store, await seal(store, document))).toEqual(plain);
  });

  it('leaves a document alone in which nothing is sealed, also while the key store is away', async () => {
    const store = withOutage(createMemoryKeyStore());
    store.away = true;
    expect(await unseal(store, plain)).toEqual(plain);
  });

  it('shows [erased] for the strings of an erased subject, and leaves out its numbers and objects', async () => {
    const store = createMemoryKeyStore();
    const sealed = await seal(store, document);
    await store.erase(anna);
    expect(await unseal(store, sealed)).toEqual({
      data: {
        caller: { name: '[erased]', tokens: ['x'] },
        location: { lines: ['[erased]', null] },
        'a/b~c': '+1',
      },
    });
  });

  it('shows [locked] while the key store is away, and the values once it is back', async () => {
    const store = withOutage(createMemoryKeyStore());
    const sealed = await seal(store, document);
    store.away = true;
    expect(await unseal(store, sealed)).toEqual({
      data: {
        caller: { name: '[locked]', tokens: ['x'] },
        location: { lines: ['[locked]', null] },
        'a/b~c': '[locked]',
      },
    });
    store.away = false;
    expect(await unseal(store, sealed)).toEqual(plain);
  });

  it('opens a copy in another place that kept its name and what it was sealed for', async () => {
    const store = createMemoryKeyStore();
    const sealed = await seal(store, { name: personal(anna, 'Anna') });
    expect(await unseal(store, { deep: [sealed] })).toEqual({ deep: [{ name: 'Anna' }] });
  });

  it.each<[string, JsonObject]>([
    ['for another event', { of: 'other#/name' }],
    ['for another field', { of: 'e#/other' }],
    ['without a box', { box: '' }],
    ['with a box of another kind', { box: 7 }],
    ['with a box that is far too long', { box: 'A'.repeat(5_000_000) }],
    ['with a key id that is no string', { key: { $ne: 1 } }],
    ['with a key id that is far too long', { key: 'k'.repeat(1_000) }],
    ['as something unheard of', { as: 'date' }],
  ])('shows [damaged] for a string sealed %s', async (_, forged) => {
    const store = createMemoryKeyStore();
    const sealed = (await seal(store, { name: personal(anna, 'Anna') })) as { name: JsonObject };
    expect(await unseal(store, { name: { ...sealed.name, ...forged } })).toEqual({ name: '[damaged]' });
  });

  it('shows [damaged] for what was moved to a field of another name, also once it is erased or locked', async () => {
    const store = withOutage(createMemoryKeyStore());
    const marked = { name: personal(anna, 'Anna'), lat: personal(anna, 1), 'a/b': personal(anna, 'x') };
    const sealed = (await seal(store, marked)) as Record<string, JsonObject>;
    const { name = null, lat = null, 'a/b': slashed = null } = sealed;
    const moved = { street: name, long: lat, list: [name], b: slashed, name };
    const others = { street: '[damaged]', list: ['[damaged]'], b: '[damaged]' };
    expect(await unseal(store, moved)).toEqual({ ...others, name: 'Anna' });
    store.away = true;
    expect(await unseal(store, moved)).toEqual({ ...others, name: '[locked]' });
    store.away = false;
    await store.erase(anna);
    expect(await unseal(store, moved)).toEqual({ ...others, name: '[erased]' });
    expect(await unseal(store, name)).toBe('[damaged]');
  });

  it('shows [damaged] under the key of another subject', async () => {
    const store = createMemoryKeyStore();
    const sealed = (await seal(store, { a: personal(anna, 'Anna'), b: personal('number:1', 'x') })) as {
      a: JsonObject;
      b: JsonObject;
    };
    const opened = await unseal(store, { a: { ...sealed.a, key: sealed.b['key'] } });
    expect(opened).toEqual({ a: '[damaged]' });
  });

  it('leaves out damaged numbers and objects, so that whoever reads them finds no word in their place', async () => {
    const store = createMemoryKeyStore();
    const sealed = (await seal(store, { n: personal(anna, 1), o: personal(anna, {}) })) as Record<string, JsonObject>;
    const forged = { n: { ...sealed['n'], of: 'x' }, o: { ...sealed['o'], of: 'x' } };
    expect(await unseal(store, forged)).toEqual({});
  });

  it('takes a value that is not of the kind it claims for damaged', async () => {
    const store = createMemoryKeyStore();
    const sealed = (await seal(store, { n: personal(anna, 1) })) as { n: JsonObject };
    expect(await unseal(store, { n: { ...sealed.n, as: 'string' } })).toEqual({ n: '[damaged]' });
  });

  it('asks the key store once per document', async () => {
    const store = createMemoryKeyStore();
    const sealed = await seal(store, document);
    let asked = 0;
    const counting: KeyStore = {
      ...store,
      find: (keyIds) => {
        asked += 1;
        expect(keyIds).toHaveLength(2);
        return store.find(keyIds);
      },
    };
    await unseal(counting, sealed);
    expect(asked).toBe(1);
  });
});

describe('quarantine', () => {
  const bytes = Buffer.from([0, 255, 1, 2]);
  const day = '2026-03-01';

  it('gives bytes back until the key of their day is destroyed', async () => {
    const store = createMemoryKeyStore();
    const sealer = createSealer({ keyStore: store });
    const { box } = ok(await sealer.quarantine(day, 'e', bytes));
    expect(await sealer.openQuarantine(day, 'e', box)).toEqual({ ok: true, bytes });
    await store.destroyDayKeys('quarantine', '2026-03-02');
    expect(await sealer.openQuarantine(day, 'e', box)).toEqual({ ok: false, reason: 'destroyed' });
  });

  it('says that a box of another event or day, or a forged one, is damaged', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    const { box } = ok(await sealer.quarantine(day, 'e', bytes));
    const damaged = { ok: false, reason: 'damaged' };
    expect(await sealer.openQuarantine(day, 'other', box)).toEqual(damaged);
    expect(await sealer.openQuarantine('2026-03-02', 'e', box)).toEqual(damaged);
    expect(await sealer.openQuarantine(day, 'e', 'AAAA')).toEqual(damaged);
    expect(await sealer.openQuarantine(day, 'e', '')).toEqual(damaged);
  });

  it('keeps nothing of a day whose keys are destroyed already, and does not fail over it', async () => {
    const store = createMemoryKeyStore();
    await store.destroyDayKeys('quarantine', '2026-03-02');
    await store.destroyDayKeys('commitment', '2026-03-02');
    const sealer = createSealer({ keyStore: store });
    expect(await sealer.quarantine(day, 'e', bytes)).toEqual({ ok: true, box: '' });
    expect(await sealer.commit(day, 'e', bytes)).toEqual({ ok: true, commitment: '' });
    expect(await sealer.openQuarantine(day, 'e', '')).toEqual({ ok: false, reason: 'destroyed' });
  });

  it('answers that the key store is away', async () => {
    const store = withOutage(createMemoryKeyStore());
    store.away = true;
    const sealer = createSealer({ keyStore: store });
    for (const answer of [
      await sealer.quarantine(day, 'e', bytes),
      await sealer.openQuarantine(day, 'e', ''),
      await sealer.commit(day, 'e', bytes),
    ]) {
      expect(answer).toMatchObject({ ok: false, reason: 'unavailable' });
    }
  });
});

describe('a commitment', () => {
  const content = Buffer.from('yes');

  it('is the same again for the same content, event and day', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    const first = await sealer.commit('2026-03-01', 'e', content);
    expect(first).toEqual({ ok: true, commitment: expect.stringMatching(/^[\w-]{43}$/) });
    expect(await sealer.commit('2026-03-01', 'e', content)).toEqual(first);
  });

  it('is another for other content, another event, another day and another key store', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    const foreign = createSealer({ keyStore: createMemoryKeyStore() });
    const all = await Promise.all([
      sealer.commit('2026-03-01', 'e', content),
      sealer.commit('2026-03-01', 'e', Buffer.from('no')),
      sealer.commit('2026-03-01', 'f', content),
      sealer.commit('2026-03-02', 'e', content),
      foreign.commit('2026-03-01', 'e', content),
    ]);
    expect(new Set(all.map((answer) => ok(answer).commitment)).size).toBe(5);
  });
});

const sealedAt = (pointer: string, as: string) => ({
  $sealed: 1,
  key: expect.any(String),
  of: `e#${pointer}`,
  as,
  box: expect.stringMatching(/^[\w-]{38,}$/),
});

async function seal(keyStore: KeyStore, value: unknown): Promise<Json> {
  const answer = ok(await createSealer({ keyStore }).seal([{ eventId: 'e', document: value }]));
  return answer.documents[0] ?? null;
}

const unseal = (keyStore: KeyStore, value: Json) => createSealer({ keyStore }).unseal(value);

function ok<T extends { readonly ok: boolean }>(answer: T): T & { readonly ok: true } {
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return answer as T & { readonly ok: true };
}
