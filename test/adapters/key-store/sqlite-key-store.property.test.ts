import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { temporaryPlace } from './place.ts';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ make: fc.array(fc.nat(400), { minLength: 1, maxLength: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ erase: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ day: fc.integer({ min: 10, max: 28 }) }) },
  { weight: 1, arbitrary: fc.record({ destroyBefore: fc.integer({ min: 10, max: 28 }) }) },
);

describe('the files of a SQLite key store', () => {
  it('never hold a subject or a plain key, nor, once it is destroyed, a wrapped one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const place = temporaryPlace();
        const store = await createSqliteKeyStore(place);
        const reader = new DatabaseSync(place.file, { readOnly: true });
        const wrapped = () =>
          new Set(
            reader
              .prepare('SELECT wrapped FROM subject_keys UNION ALL SELECT wrapped FROM day_keys')
              .all()
              .map((row) => Buffer.from(row['wrapped'] as Uint8Array).toString('latin1')),
          );
        const plain = new Set<string>();
        const everWrapped = new Set<string>();
        const keep = (keys: Iterable<Uint8Array>) => {
          for (const key of keys) plain.add(Buffer.from(key).toString('latin1'));
          for (const box of wrapped()) everWrapped.add(box);
        };
        try {
          for (const one of steps) {
            if ('make' in one) {
              const answer = await store.subjectKeys(one.make.map(subjectOf));
              keep(answer.ok ? answer.keys.map(({ key }) => key) : []);
            } else if ('erase' in one) await store.erase(subjectOf(one.erase));
            else if ('day' in one) {
              const answer = await store.dayKey('quarantine', `2026-03-${one.day}`);
              keep(answer.ok ? [answer.key] : []);
            } else await store.destroyDayKeys('quarantine', `2026-03-${one.destroyBefore}`);
          }
          const bytes = place.bytes().toString('latin1');
          expect(bytes).not.toMatch(/contoso|Contoso|upn:/);
          for (const key of plain) expect(bytes.includes(key)).toBe(false);
          const alive = wrapped();
          for (const box of everWrapped) expect(bytes.includes(box)).toBe(alive.has(box));
        } finally {
          reader.close();
          await store.close();
          place.remove();
        }
      }),
      // Shrinking would take minutes; the seed that is printed repeats the failure.
      { numRuns: 40, endOnFailure: true },
    );
  });
});

const subjectOf = (index: number) => `upn:Person${index}@contoso.example`;
