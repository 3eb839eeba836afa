import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGraph } from '#adapters/graph/graph.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Graph } from '#ports/graph.ts';
import { people } from '#simulator/teams/directory.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { createPlace } from '#test/processor/resolve/running-resolve.ts';
import { hour, minute, type Rig, start, startGraph } from '#test/simulator/graph/support.ts';
import { eventually } from '#test/support/eventually.ts';
import { deliver, emergencies, type RunningTriage, startTriage } from '#test/support/triage.ts';

const authority = createCertificateAuthority(Date.now());
const tls = authority.issue(['localhost'], Date.now());

describe('resolve and triage, with simulated Graph', () => {
  let rig: Rig;
  let client: (deadlineMs: number) => Graph;
  let place: ReturnType<typeof createPlace>;
  let triage: RunningTriage;
  /** How much of what is in the hub was ingested: of Graph's, and of ours. */
  let [taken, passed] = [0, 0];

  beforeEach(async () => {
    [taken, passed] = [0, 0];
    rig = await startGraph({ tls });
    const outbound = createOutbound({
      ...{ cloud: 'global', extraHosts: [`localhost:${rig.graph.port}`], ca: authority.cert, clock: systemClock },
    });
    onTestFinished(() => outbound.close());
    client = (deadlineMs) =>
      createGraph({
        ...{ baseUrl: rig.graph.url, version: 'v1.0', outbound, clock: systemClock, ids: systemIds, deadlineMs },
        identity: { token: async () => ({ ok: true, token: { value: rig.delegated(), expiresAt: start + hour } }) },
      });
    const created = await client(30_000).createSubscription({
      ...{ changeType: 'created,updated', resource: `users/${rig.tenant.serviceUserId}/chats/getAllMessages` },
      ...{ notificationUrl: rig.graph.notificationUrl, lifecycleNotificationUrl: rig.graph.notificationUrl },
      ...{ clientState: 'agreed', expiresAt: start + 24 * hour },
    });
    if (!created.ok) throw new Error(created.reason);
    place = createPlace();
    triage = startTriage(place.log);
  });
  afterEach(async () => {
    await place.stop();
    await triage.stop();
  });

  const call = (chat: string, id: string, at = start) => ({
    ...{ kind: 'message' as const, changeType: 'created' as const },
    message: chatMessage({
      ...{ chatId: chat, messageId: id, from: people[0]!, at, importance: 'high', locale: 'en-us' },
      content: `<p><b>${people[0]!.displayName}</b> has placed an Emergency Call</p>`,
    }),
    members: [people[0]!.id, rig.tenant.serviceUserId],
  });
  /** What Graph put into the hub, and what resolve did, is read as ingest reads it. */
  async function ingest(): Promise<void> {
    const fromGraph: readonly JsonObject[] = rig.published.slice(taken);
    taken = rig.published.length;
    const recovered = place.published.slice(passed);
    passed = place.published.length;
    await deliver(place.log, ...(await place.stored([...fromGraph, ...recovered], start + minute)));
  }
  const raised = (count: number) =>
    eventually(`${count} emergencies`, async () => {
      await ingest();
      return emergencies(place.log).size >= count;
    });
  const run = ({ deadlineMs = 30_000, unverifiedAfterMs = 60_000 } = {}) =>
    place.start(systemClock, { graph: client(deadlineMs), tenantId: rig.tenant.id, unverifiedAfterMs });

  it('raises a call whose notice had no content', async () => {
    run();
    await rig.graph.happened([call('19:a@thread.v2', '1')]);
    await raised(1);
    const [state] = [...emergencies(place.log).values()];
    expect(state).toMatchObject({
      call: { confidence: 'high', trusted: true, occurredAt: new Date(start).toISOString() },
    });
  });

  it('raises one unverified emergency while Graph is away, and the calls linked to it when it is back', async () => {
    const resolve = run({ deadlineMs: 300, unverifiedAfterMs: 500 });
    await rig.graph.faults.start('unavailable');
    await rig.graph.happened(Array.from({ length: 20 }, (_, n) => call(`19:${n}@thread.v2`, '1', start + n * hour)));
    await raised(1);
    expect(resolve.health()).toMatchObject({ waiting: 20, delayed: { count: 20 } });
    const [alarm] = [...emergencies(place.log).keys()];
    await rig.graph.faults.stop('unavailable');
    await raised(21);
    await eventually('it is over', () => place.of('FetchResumed').length === 1);
    await eventually('all are linked', () => {
      const state = emergencies(place.log).get(alarm ?? '');
      return state !== undefined && state.status !== 'none' && state.links.length === 20;
    });
    expect(emergencies(place.log).get(alarm ?? '')).toMatchObject({
      call: { verified: false, reasons: ['notices-not-fetched=20', 'notices-fetched'] },
    });
    expect(place.of('FetchDelayed')).toHaveLength(1);
  });

  it('raises what was posted in a gap, late and with its own time', async () => {
    run();
    await rig.graph.faults.start('subscription-vanishes');
    await rig.graph.happened([call('19:a@thread.v2', '1', start + 10 * minute)]);
    expect(rig.published.slice(1)).toEqual([]);
    for (const [n, type] of ['WatchClosed', 'WatchOpened'].entries()) {
      const id = crypto.randomUUID();
      const data = { at: new Date(start + n * 20 * minute).toISOString(), proof: 'p', cause: 'subscription-missing' };
      const metadata = eventMetadata({ role: 'ingest', build: 'test' }, start, id, id);
      await place.log.append('watch-chat', n === 0 ? 'no-stream' : 0, [{ id, type, data, metadata }]);
    }
    await raised(1);
    const [state] = [...emergencies(place.log).values()];
    expect(state).toMatchObject({
      call: { confidence: 'high', trusted: true, occurredAt: new Date(start + 10 * minute).toISOString() },
    });
    await eventually('that is on record', () => place.of('GapBackFilled').length === 1);
    expect(place.of('GapBackFilled')).toMatchObject([{ data: { outcome: 'complete', messages: 1 } }]);
  });
});
