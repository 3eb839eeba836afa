import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Name, nameFaults, nameRules, namesOf, slugPattern } from '#infra/names.ts';
import { suffixOf, uuidOf } from '#infra/stable-hash.ts';
import { subscriptionId } from '#test/infra/given.ts';

const slug = fc.stringMatching(/^[a-z](?:-?[a-z0-9]){1,19}$/).filter((text) => slugPattern.test(text));
const globals = (of: string, subscription = subscriptionId) =>
  Object.values(namesOf({ slug: of, subscriptionId: subscription }) as Record<string, Name>)
    .filter(({ rule }) => nameRules[rule].global)
    .map(({ value }) => value);
const everything = (of: string) =>
  Object.values(namesOf({ slug: of, subscriptionId }) as Record<string, Name>).map(({ value }) => value);

describe('names of a stack', () => {
  it('keep the rules of Azure for every slug', () => {
    fc.assert(
      fc.property(slug, fc.uuid(), (one, subscription) => {
        expect(nameFaults(namesOf({ slug: one, subscriptionId: subscription }))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('never meet those of another tenant', () => {
    fc.assert(
      fc.property(slug, slug, (one, other) => {
        fc.pre(one !== other);
        const taken = new Set(everything(one));
        expect(everything(other).filter((name) => taken.has(name))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('do not meet for slugs that differ by a hyphen or at their end alone', () => {
    for (const [one, other] of [
      ['ab-c', 'a-bc'],
      ['northwind-traders-a', 'northwind-traders-b'],
      ['contoso', 'contoso-1'],
    ] as const)
      expect(everything(other).filter((name) => everything(one).includes(name))).toEqual([]);
  });

  it('differ by subscription where all of Azure shares them', () => {
    fc.assert(
      fc.property(slug, fc.uuid(), fc.uuid(), (one, first, second) => {
        fc.pre(first !== second);
        const taken = new Set(globals(one, first));
        expect(globals(one, second).filter((name) => taken.has(name))).toEqual([]);
      }),
    );
  });

  it('are different from each other in one stack', () => {
    fc.assert(
      fc.property(slug, (one) => {
        const names = everything(one);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it('never change: Graph holds the address of the hub', () => {
    const names = namesOf({ slug: 'northwind-traders', subscriptionId });
    expect(names.eventHubNamespace.value).toBe('evhns-northwind-traders-1q0sa6ld');
    expect(names.keyVault.value).toBe('kv-northwind-t-1q0sa6ld');
    expect(names.evidenceStorage.value).toBe('stevdnorthwindtr1q0sa6ld');
  });

  it('end in eight characters that follow every part', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        expect(suffixOf(...parts)).toMatch(/^[0-9a-z]{8}$/);
      }),
    );
    expect(suffixOf('ab', 'c')).not.toBe(suffixOf('a', 'bc'));
  });
});

describe('a UUID made from parts', () => {
  it('is one of version 8 by RFC 9562, and the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (parts) => {
        expect(uuidOf(...parts)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(uuidOf(...parts)).toBe(uuidOf(...parts));
      }),
    );
  });
});
