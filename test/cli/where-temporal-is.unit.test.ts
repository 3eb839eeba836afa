import { expect, it } from 'vitest';
import { sayWhereTemporalIs } from '#cli/roles/where-temporal-is.ts';
import { eventually } from '#test/support/eventually.ts';

it('says where Temporal is, and anew when it serves at another address', async () => {
  let moving = new AbortController();
  let target = { address: '127.0.0.1:1', namespace: 'tocsin' };
  const ending = new AbortController();
  const said: unknown[] = [];
  const temporal = {
    ...{ ready: Promise.resolve(target), target: () => target, ui: () => 'http://127.0.0.1:2' },
    moved: () => moving.signal,
  };
  const done = sayWhereTemporalIs(temporal, ending.signal, async (where) => void said.push(where));
  await eventually('the first address', () => said.length === 1);
  target = { ...target, address: '127.0.0.1:3' };
  const before = moving;
  moving = new AbortController();
  before.abort();
  await eventually('the other one', () => said.length === 2);
  ending.abort();
  await done;
  expect(said).toEqual([
    { temporal: '127.0.0.1:1', temporalNamespace: 'tocsin', temporalUi: 'http://127.0.0.1:2' },
    { temporal: '127.0.0.1:3', temporalNamespace: 'tocsin', temporalUi: 'http://127.0.0.1:2' },
  ]);
});

it('says nothing where no Temporal is to be had', async () => {
  const said: unknown[] = [];
  const temporal = {
    ...{ ready: Promise.resolve(undefined), target: () => undefined, ui: () => undefined },
    moved: () => new AbortController().signal,
  };
  await sayWhereTemporalIs(temporal, new AbortController().signal, async (where) => void said.push(where));
  expect(said).toEqual([]);
});
