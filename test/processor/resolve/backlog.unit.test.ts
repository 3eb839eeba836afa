import { afterEach, beforeEach, expect, it } from 'vitest';
import { away, basic, chatId, checked, createPlace, message } from '#test/processor/resolve/running-resolve.ts';
import { inboxEvent } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { deliver } from '#test/support/triage.ts';

const encryptedContent = { data: 'ZGF0YQ==', dataSignature: 's', dataKey: 'k', encryptionCertificateId: 'graph' };
const few = {
  atHand: { blob: 2, message: 2 },
  payloads: {
    fetch: async () => ({ ok: true, body: new TextEncoder().encode(JSON.stringify({ encryptedContent })) }) as const,
  },
};

let place: ReturnType<typeof createPlace>;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.stop());

it('fetches large notices though more messages wait for Graph than are held at hand; those when it is back, also in the next process', async () => {
  const ids = Array.from({ length: 9 }, (_, n) => String(n));
  for (const id of ids) place.graph.known.set(`${chatId}/${id}`, message(id));
  place.graph.failure = away;
  const first = place.start(undefined, few);
  await place.deliver(...ids.map((id) => basic(id)));
  const event = inboxEvent();
  const data = { kind: 'chat-message', subscriptionId: 'sub-1', changeType: 'created', referred: 'blob', blobId: 'b1' };
  await deliver(place.log, {
    ...event,
    id: crypto.randomUUID(),
    data: { ...event.data, tocsincontent: 'referred', data },
  });
  await eventually('the large one is published', () => place.published.length === 1);
  expect(first.health()).toMatchObject({ pending: 0, waiting: 9 });
  await eventually('it is on record', () => place.of('ResolveAdvanced').at(-1)?.data['waiting'] === 9);
  expect(checked(place.of('ResolveAdvanced')).at(-1)?.['backlog']).toMatchObject([{ kind: 'message', count: 7 }]);
  await place.stop();

  const second = place.start(undefined, few);
  await eventually('the next one knows of all', () => second.health().caughtUp && second.health().waiting === 9);
  place.graph.failure = undefined;
  await eventually('all are published', () => place.published.length === 10);
  await eventually('none waits', () => second.health().waiting === 0);
  const published = place.published.slice(1).map(({ body }) => JSON.parse(new TextDecoder().decode(body)).value[0].id);
  expect(new Set(published).size).toBe(9);
});
