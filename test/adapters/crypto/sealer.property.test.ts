import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { personal, type SealedValue } from '#domain/personal.ts';
import type { Json } from '#kernel/json.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';

/** A document with personal values in it, the same in the clear, and what is personal in it. */
interface Sample {
  readonly marked: unknown;
  readonly clear: Json;
}

const subject = fc.constantFrom('user:t/a', 'number:1', 'upn:b@c.example');
const anyText = fc.string({ unit: 'binary' });
const json: fc.Arbitrary<Json> = fc.jsonValue({ stringUnit: 'binary' }).map((value) => value as Json);
const leaf: fc.Arbitrary<Sample> = fc.oneof(
  json.map((value) => ({ marked: value, clear: value })),
  fc
    .tuple(subject, fc.oneof(anyText, fc.double({ noNaN: true, noDefaultInfinity: true }), json))
    .map(([about, value]) => ({ marked: personal(about, value), clear: value })),
);
const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    leaf,
    fc.array(tie('sample'), { maxLength: 4 }).map((all) => ({
      marked: all.map((one) => one.marked),
      clear: all.map((one) => one.clear),
    })),
    fc
      .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'a/b', 'm~n', '')), tie('sample')), {
        maxLength: 4,
      })
      .filter((all) => all.every(([name]) => name !== '$personal' && name !== '$sealed'))
      .map((all) => ({
        marked: Object.fromEntries(all.map(([name, one]) => [name, one.marked])),
        clear: Object.fromEntries(all.map(([name, one]) => [name, one.clear])),
      })),
  ),
}));

describe('sealing and unsealing', () => {
  it('gives back every document exactly as it was', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    await fc.assert(
      fc.asyncProperty(sample, async ({ marked, clear }) => {
        const sealed = await sealer.seal([{ eventId: 'e', document: marked }]);
        if (!sealed.ok) throw new Error(sealed.detail);
        // Through text, as the event log keeps it.
        const stored: Json = JSON.parse(JSON.stringify(sealed.documents[0]));
        expect(JSON.stringify(await sealer.unseal(stored))).toBe(JSON.stringify(clear));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no personal text in the clear, neither sealed nor erased', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^secret-[a-z]{12}$/), { minLength: 1 }), async (secrets) => {
        const keyStore = createMemoryKeyStore();
        const sealer = createSealer({ keyStore });
        const document = secrets.map((text) => ({
          text: personal('number:1', text),
          all: [personal('number:1', { text })],
        }));
        const sealed = await sealer.seal([{ eventId: 'e', document }]);
        if (!sealed.ok) throw new Error(sealed.detail);
        await keyStore.erase('number:1');
        const seen = JSON.stringify([sealed.documents, await sealer.unseal(sealed.documents[0] ?? null)]);
        expect(seen).not.toContain('secret-');
        expect(seen).toContain('[erased]');
      }),
      { numRuns: 50 },
    );
  });

  it('takes a box for damaged when any single bit of it differs, or a single character of what it was sealed for', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    const marked = { name: personal('number:1', 'Anna Muster') };
    const sealed = await sealer.seal([{ eventId: 'e', document: marked }]);
    if (!sealed.ok) throw new Error(sealed.detail);
    const { name } = sealed.documents[0] as unknown as { name: SealedValue };
    const damaged = async (change: Partial<SealedValue>) =>
      expect(await sealer.unseal({ name: { ...name, ...change } })).toEqual({ name: '[damaged]' });
    const box = Buffer.from(name.box, 'base64url');
    for (let bit = 0; bit < box.length * 8; bit += 1) {
      const flipped = Buffer.from(box);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await damaged({ box: flipped.toString('base64url') });
    }
    for (let length = 0; length < box.length; length += 1) {
      await damaged({ box: box.subarray(0, length).toString('base64url') });
    }
    for (let at = 0; at < name.of.length; at += 1)
      await damaged({ of: `${name.of.slice(0, at)}~${name.of.slice(at + 1)}` });
  });

  it('never throws, whatever somebody wrote into the log as a sealed value', async () => {
    const sealer = createSealer({ keyStore: createMemoryKeyStore() });
    const forged = fc.record(
      { key: fc.anything(), of: fc.anything(), as: fc.anything(), box: fc.oneof(fc.base64String(), fc.anything()) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(forged, async (fields) => {
        const opened = await sealer.unseal({ x: { $sealed: 1, ...(fields as object) } });
        expect([{}, { x: '[damaged]' }, { x: '[erased]' }]).toContainEqual(opened);
      }),
      { numRuns: 500 },
    );
  });
});
