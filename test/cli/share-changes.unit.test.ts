import { describe, expect, it } from 'vitest';
import { shareChanges } from '#cli/roles/share-changes.ts';

function setUp(convert: (change: number) => Promise<string>) {
  let publish: (change: number) => void = () => {};
  const shared = shareChanges<number, string>((listener) => {
    publish = listener;
    return () => {};
  }, convert);
  return { shared, publish: (change: number) => publish(change) };
}
const never = (error: unknown) => {
  throw error;
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('changes that are shared', () => {
  it('come to all in order, converted once', async () => {
    let converted = 0;
    const { shared, publish } = setUp(async (change) => {
      converted++;
      if (change === 1) await settled();
      return `change ${change}`;
    });
    const [a, b]: [string[], string[]] = [[], []];
    for (const list of [a, b]) shared.subscribe((change) => list.push(change), never);
    publish(1);
    publish(2);
    await settled();
    await settled();
    expect([a, b]).toEqual([
      ['change 1', 'change 2'],
      ['change 1', 'change 2'],
    ]);
    expect(converted).toBe(2);
  });

  it('end for all when what they come from was replaced, and come to who begins again', async () => {
    const { shared, publish } = setUp(async (change) => `change ${change}`);
    const [seen, failures]: [string[], unknown[]] = [[], []];
    const follow = () =>
      shared.subscribe(
        (change) => seen.push(change),
        (error) => failures.push(error),
      );
    follow();
    publish(1);
    await settled();
    const replaced = new Error('replaced');
    shared.endAll(replaced);
    publish(2);
    await settled();
    follow();
    publish(3);
    await settled();
    expect([seen, failures]).toEqual([['change 1', 'change 3'], [replaced]]);
  });

  it('begin with the first one after somebody began to follow, and end when he leaves', async () => {
    const { shared, publish } = setUp(async (change) => `change ${change}`);
    publish(1);
    const seen: string[] = [];
    const leave = shared.subscribe((change) => seen.push(change), never);
    publish(2);
    await settled();
    leave();
    publish(3);
    await settled();
    expect(seen).toEqual(['change 2']);
  });

  it('end for those who follow when one cannot be converted, and go on for those who come after', async () => {
    const { shared, publish } = setUp(async (change) => {
      if (change === 1) throw new Error('locked');
      return `change ${change}`;
    });
    const seen: string[] = [];
    const failures: unknown[] = [];
    shared.subscribe(
      (change) => seen.push(change),
      (error) => failures.push(error),
    );
    publish(1);
    publish(2);
    await settled();
    shared.subscribe((change) => seen.push(`again ${change}`), never);
    publish(3);
    await settled();
    expect(failures).toEqual([new Error('locked')]);
    expect(seen).toEqual(['again change 3']);
  });
});
