import { expect, it } from 'vitest';
import { each } from '#adapters/azure-key-vault/each.ts';
import type { KeyStoreFailure } from '#ports/key-store.ts';

const away: KeyStoreFailure = { ok: false, reason: 'unavailable', detail: 'away' };

it('answers the first failure, though what was under way beside it ends well afterwards', async () => {
  const late = Promise.withResolvers<undefined>();
  const failing = Promise.withResolvers<KeyStoreFailure>();
  const answer = each(['fails', 'late'], (item) => (item === 'fails' ? failing.promise : late.promise));
  failing.resolve(away);
  await failing.promise;
  late.resolve(undefined);
  expect(await answer).toBe(away);
});

it('begins nothing more after a failure, and no more than sixteen at once', async () => {
  const begun: string[] = [];
  const items = Array.from({ length: 40 }, (_, n) => String(n));
  const answer = await each(items, async (item) => {
    begun.push(item);
    return item === '3' ? away : undefined;
  });
  expect(answer).toBe(away);
  expect(begun.length).toBeLessThan(40);
  let underWay = 0;
  let most = 0;
  const all = await each(items, async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
    return undefined;
  });
  expect([all, most]).toEqual([undefined, 16]);
});
