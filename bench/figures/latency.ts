import { EventHubProducerClient } from '@azure/event-hubs';
import { callMessage, chatterMessage, type PreparedMessage } from '#bench/calls.ts';
import { type Figure, type FigureResult, row } from '#bench/figure.ts';
import { between, boundOf, type Histogram, histogramOf } from '#bench/histogram.ts';
import { inRoom, type Room } from '#bench/room.ts';
import { percentileOf } from '#bench/statistics.ts';
import { listen, startTocsin } from '#bench/tocsin.ts';
import { openTenant, type SimulatedTenant } from '#simulator/teams/tenant.ts';

const perSecond = 100;
const seconds = 7;
const rounds = 3;
/** How long the last of a round may take, milliseconds. */
const patienceMs = 30_000;

/** Sends messages at the rate, whatever becomes of those before; answers the milliseconds that each emergency took to the screen. */
async function send(
  messages: readonly PreparedMessage[],
  producer: EventHubProducerClient,
  seen: Map<string, (at: number) => void>,
): Promise<readonly number[]> {
  const took: number[] = [];
  const expected = messages.filter(({ emergencyId }) => emergencyId !== undefined).length;
  const all = Promise.withResolvers<void>();
  const sending: Promise<void>[] = [];
  const began = performance.now();
  for (const [index, { body, emergencyId }] of messages.entries()) {
    const wait = began + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sent = performance.now();
    if (emergencyId !== undefined)
      seen.set(emergencyId, (at) => {
        seen.delete(emergencyId);
        took.push(at - sent);
        if (took.length === expected) all.resolve();
      });
    sending.push(producer.sendBatch([{ body: Buffer.from(body), contentType: 'application/json' }]));
  }
  await Promise.all(sending);
  const late = setTimeout(
    () => all.reject(new Error(`${expected - took.length} of ${expected} calls never came to the screen`)),
    patienceMs,
  );
  await all.promise;
  clearTimeout(late);
  return took;
}

interface Measured {
  readonly p50: number[];
  readonly p99: number[];
  readonly max: number[];
  readonly append: Histogram;
  readonly screen: Histogram;
}

async function measureIn(room: Room, name: string, make: (tenant: SimulatedTenant, n: number) => PreparedMessage) {
  const stateDir = room.fresh('state');
  const endpoints = await startTocsin(room, stateDir);
  const { eventHubs = '', eventHub = '', desk = '' } = endpoints;
  const tenant = await openTenant(`${stateDir}/simulator`);
  const producer = new EventHubProducerClient(eventHubs, eventHub);
  room.defer(() => producer.close());
  const seen = new Map<string, (at: number) => void>();
  await listen(room, desk, (id) => seen.get(id)?.(performance.now()));
  const scrape = async () => (await fetch(`${desk}/metrics`)).text();
  const append = (text: string) => histogramOf(text, 'tocsin_enqueue_to_append_seconds');
  const screen = (text: string) => histogramOf(text, 'tocsin_enqueue_to_screen_seconds');
  const measured = { p50: [] as number[], p99: [] as number[], max: [] as number[] };
  let before = '';
  // The first round warms it up.
  for (let round = 0; round <= rounds; round++) {
    const messages = Array.from({ length: perSecond * seconds }, (_, n) => make(tenant, round * 1_000_000 + n));
    if (round === 1) before = await scrape();
    const took = await send(messages, producer, seen);
    const [p50, p99, max] = [percentileOf(took, 50), percentileOf(took, 99), percentileOf(took, 100)];
    room.say(`${name}, round ${round}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms`);
    if (round === 0) continue;
    measured.p50.push(p50);
    measured.p99.push(p99);
    measured.max.push(max);
  }
  const after = await scrape();
  return {
    ...measured,
    append: between(append(before), append(after)),
    screen: between(screen(before), screen(after)),
  } satisfies Measured;
}

/** In a room of its own, so that nothing runs beside the one that is measured. */
function measure(
  { say }: Room,
  name: string,
  make: (tenant: SimulatedTenant, n: number) => PreparedMessage,
): Promise<Measured> {
  return inRoom(say, (room) => measureIn(room, name, make));
}

function where(name: string, { append, screen }: Measured): string {
  const told = (histogram: Histogram) =>
    `${((histogram.sum / histogram.count) * 1000).toFixed(0)} ms on average, 99 % within ${boundOf(histogram, 99) * 1000} ms`;
  return `${name}, as /metrics has it: from the hub's clock to the log ${told(append)}; to the desk's stream ${told(screen)}.`;
}

export const latency: Figure = {
  name: 'latency',
  title: 'Hub enqueue → /api/stream at 100 notices a second',
  async run(room): Promise<FigureResult> {
    const mixed = await measure(room, 'one in five a call', (tenant, n) =>
      n % 5 === 0 ? callMessage(tenant, n) : chatterMessage(tenant, n),
    );
    const calls = await measure(room, 'all calls', callMessage);
    return {
      rows: [
        row('every notice a call, p99', 'ms', calls.p99, { atMost: 100 }),
        row('  p50', 'ms', calls.p50),
        row('  max', 'ms', calls.max),
        row('one in five a call, the others chatter, p99', 'ms', mixed.p99, { atMost: 100 }),
        row('  p50', 'ms', mixed.p50),
        row('  max', 'ms', mixed.max),
      ],
      notes: [
        `A whole \`tocsin run --simulate\` in a process of its own: hub, ingest, EventStoreDB (simulated, through @eventstore/db-client), triage, read models, desk. Every notice is encrypted and sent alone; ${perSecond * seconds} a round.`,
        "Timed from just before the vendor's client is asked to send until the event is read from /api/stream; the vendor's receiver alone waits 20 ms before it hands over a first message.",
        where('Every notice a call', calls),
        where('One in five', mixed),
      ],
    };
  },
};
