import { beforeEach, describe, expect, test } from 'vitest';
import { createVigil, type Vigil } from '#adapters/temporal/worker/vigil.ts';

describe('watching whether somebody runs another build', () => {
  let now: number;
  let vigil: Vigil;
  const patient = 0.999;
  const watching = (random: number) => createVigil({ monotonic: () => now }, () => random);
  const lookAfter = (seconds: number, askedAt: number | undefined, build = 'two') => {
    now += seconds * 1_000;
    return vigil.look(build, askedAt);
  };
  beforeEach(() => {
    now = 0;
    vigil = watching(0.5);
  });

  test('leaves one alone that asks for work once a minute, for ever', () => {
    for (let minute = 0; minute < 600; minute++)
      for (let look = 0; look < 12; look++) expect(lookAfter(5, minute)).toBe('there');
  });

  test('says that one is quiet before it is given up', () => {
    expect(lookAfter(0, 7)).toBe('there');
    expect(lookAfter(74, 7)).toBe('there');
    expect(lookAfter(2, 7)).toBe('quiet');
    expect(lookAfter(6, 7)).toBe('quiet');
    expect(lookAfter(1, 7)).toBe('abandoned');
  });

  test('gives one up that the server has never heard of', () => {
    expect(lookAfter(0, undefined)).toBe('there');
    expect(lookAfter(90, undefined)).toBe('abandoned');
  });

  test('begins anew with another build, with one that asked again, and with a server that forgot', () => {
    lookAfter(0, 7);
    expect(lookAfter(90, 7, 'three')).toBe('there');
    expect(lookAfter(90, 8, 'three')).toBe('there');
    expect(lookAfter(90, undefined, 'three')).toBe('there');
    expect(lookAfter(90, undefined, 'three')).toBe('abandoned');
    vigil.forget();
    expect(lookAfter(0, undefined, 'three')).toBe('there');
  });

  test('gives a build that may have been cut off too half a minute to come back', () => {
    lookAfter(0, 7);
    now += 600_000;
    vigil.interrupted();
    expect(lookAfter(0, 7)).toBe('quiet');
    expect(lookAfter(29, 7)).toBe('quiet');
    expect(lookAfter(1, 7)).toBe('abandoned');
  });

  test('is not put off by one failed look a minute', () => {
    lookAfter(0, 7);
    now += 60_000;
    vigil.interrupted();
    expect(lookAfter(31, 7)).toBe('abandoned');
  });

  test('lets one of two survivors go first, and the other see it', () => {
    vigil = watching(0);
    lookAfter(0, 7);
    expect(lookAfter(75, 7)).toBe('abandoned');
    vigil = watching(patient);
    lookAfter(0, 7);
    expect(lookAfter(75, 7)).toBe('quiet');
    expect(lookAfter(5, 7)).toBe('quiet');
    expect(lookAfter(5, 1, 'one')).toBe('there');
  });
});
