import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { inboxStream } from '#domain/names.ts';
import { quarantineStream } from '#domain/quarantine/events.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import { requestRepublishing } from '#processor/acts/republish.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';
import { checked, createPlace, noon } from '#test/processor/resolve/running-resolve.ts';
import { eventually } from '#test/support/eventually.ts';
import { createHurriedClock } from '#test/support/hurried-clock.ts';

let place: ReturnType<typeof createPlace>;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.stop());

const sealer = () => createSealer({ keyStore: place.keyStore });
const start = () => place.start(createHurriedClock(noon), { quarantine: sealer() });
const bytes = (text: string): MessageToPublish => ({ body: new TextEncoder().encode(text) });
const textOf = ({ body }: MessageToPublish) => new TextDecoder().decode(body);
/** Of a kind that no decoder knows. */
const unknown = (more: JsonObject = {}): JsonObject => ({
  value: [{ subscriptionId: 's', clientState: 'agreed', changeType: 'created', resource: 'someday/new', ...more }],
});

async function ask(event: NewEvent | undefined, revision: number) {
  const deps = {
    log: place.log,
    sealer: sealer(),
    keyStore: place.keyStore,
    clock: createHurriedClock(noon),
    ids: systemIds,
  };
  const asked = { id: event?.id ?? '', stream: inboxStream('hub', '0'), revision };
  return requestRepublishing({ ...deps, recordedBy: { role: 'desk', build: 'test' } }, asked, {
    by: 'Olga Operator',
    from: 'cli',
  });
}
const done = (count: number) =>
  eventually('what was asked for is done', () => place.of('QuarantineRepublished').length >= count);

describe('what lies in quarantine', () => {
  it('is published again as it came, where somebody asks for it, once, and that is on record', async () => {
    const [first] = await place.deliver(bytes('{"half'));
    expect(await ask(first, 0)).toEqual({ ok: true });
    expect(await ask(first, 0)).toEqual({ ok: false, reason: 'needless' });
    start();
    await done(1);
    expect(place.published.map(textOf)).toEqual(['{"half']);
    expect(place.published[0]?.properties).toMatchObject({ 'tocsin-original-event': first?.id });
    const story = place.log.stream(quarantineStream(first?.id ?? ''));
    expect(story.map(({ type }) => type)).toEqual(['RepublishingRequested', 'QuarantineRepublished']);
    expect(checked(story)[1]).toMatchObject({ outcome: 'published' });
    expect(JSON.stringify(story)).not.toContain('Operator');
    // Asked again, it is done again.
    expect(await ask(first, 0)).toEqual({ ok: true });
    await done(2);
    expect(place.published).toHaveLength(2);
  });

  it('carries our proof in the place of its secret, unless that was wrong', async () => {
    const events = await place.deliver(unknown(), unknown({ clientState: 'wrong' }));
    for (const [revision, event] of events.entries()) await ask(event, revision);
    start();
    await done(2);
    const states = place.published.map((each) => JSON.parse(textOf(each)) as JsonObject);
    expect(states).toMatchObject([
      { clientState: recoveryProof(place.keyStore, events[0]?.id ?? '') },
      { subscriptionId: 's' },
    ]);
    expect(states[1]).not.toHaveProperty('clientState');
  });

  it('is not there any more once its key is destroyed, and cannot be whole where it was cut', async () => {
    const events = await place.deliver(bytes('x'.repeat(70_000)), bytes('gone'));
    await ask(events[0], 0);
    start();
    await done(1);
    await place.keyStore.destroyDayKeys('quarantine', '2026-11-22');
    await ask(events[1], 1);
    await ask({ ...(events[1] as NewEvent), id: '00000000-0000-4000-8000-000000000000' }, 1);
    await done(3);
    expect(place.of('QuarantineRepublished').map(({ data }) => data['outcome'])).toEqual([
      'cut',
      'destroyed',
      'missing',
    ]);
    expect(place.published).toEqual([]);
  });

  it('waits while the hub is away, and is not forgotten by the next process', async () => {
    const [first] = await place.deliver(bytes('{"half'));
    place.answer = { ok: false, reason: 'unavailable', detail: 'the hub is away' };
    await ask(first, 0);
    const resolve = start();
    await eventually('it was tried', () => resolve.health().waitingFor?.includes('the hub is away'));
    await place.stop();
    place.answer = { ok: true };
    start();
    await done(1);
    expect(place.published).toHaveLength(1);
  });
});
