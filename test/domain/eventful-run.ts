import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import { encryptResource } from '#simulator/teams/encrypt.ts';
import { openTenant, type SimulatedTenant } from '#simulator/teams/tenant.ts';
import { eventually } from '#test/support/eventually.ts';
import { startTocsin, type TocsinProcess } from '#test/support/tocsin-process.ts';

/** A simulated run in which everything happens that Tocsin writes an event about; what is in the log afterwards. */
export async function eventfulRun(stateDir: string): Promise<readonly RecordedEvent[]> {
  const first = await startTocsin(stateDir, ['--simulate']);
  const tenant = await openTenant(join(stateDir, 'simulator'));
  await publish(first, messages(tenant));
  for (const notice of [
    { kind: 'probe' },
    ...['reauthorizationRequired', 'subscriptionRemoved', 'missed'].map((event) => ({
      ...{ kind: 'lifecycle', event, feed: 'chat' },
    })),
  ])
    await ask(`${first.endpoints['simulator']}/notices`, notice);
  await ask(`${first.endpoints['simulator']}/chatter`, { rate: 100, seconds: 0.1 });
  const id = await dial(first, { caller: 'Ana Petrova', feed: 'both' });
  await eventually('both feeds', async () => (await story(first, id)).includes('EmergencyEnriched'));
  await act(first, id, 'acknowledge', { by: 'A. Reyes' });
  await act(first, id, 'resolve', { by: 'A. Reyes', disposition: 'misdial', note: 'Wrong button' });
  const redial = await dial(first, { caller: 'Ana Petrova', feed: 'events' });
  await eventually('a link to the first call', async () => (await story(first, redial)).includes('EmergencyLinked'));
  await first.end('SIGTERM');

  // The hub is made again: what was in it and not read yet is lost for ever, and that is an event, too.
  rmSync(join(stateDir, 'simulator', 'event-hubs'), { recursive: true });
  const second = await startTocsin(stateDir, ['--simulate']);
  await dial(second, { caller: 'Grace Okonkwo', feed: 'events' });
  await eventually('a gap', async () => (await counts(second, 'tocsin.gap')) > 0);
  await second.end('SIGTERM');

  const log = await createSqliteEventLog({ file: join(stateDir, 'simulator', 'event-log.db'), clock: systemClock });
  try {
    const read = await log.readAll({ direction: 'forwards', limit: 10_000 });
    if (!read.ok) throw new Error(read.detail);
    return read.events;
  } finally {
    await log.close();
  }
}

/** What no command simulates: messages as Graph or others may send them, for the subscriptions of this tenant. */
function messages(tenant: SimulatedTenant): readonly MessageToPublish[] {
  const chat = tenant.subscriptions.find(({ feed }) => feed === 'chat');
  const own = { subscriptionId: chat?.id ?? '', clientState: chat?.clientState ?? '', tenantId: tenant.id };
  const rich = (name: string, more: JsonObject = {}) => {
    const { body, opened } = fixture(name);
    const encryptedContent =
      opened === undefined ? {} : { encryptedContent: { ...encryptResource(opened, tenant.certificate) } };
    return {
      value: (body as { value: JsonObject[] }).value.map((item) => ({ ...item, ...own, ...encryptedContent, ...more })),
    };
  };
  const bodies: Json[] = [
    rich('chat-updated'),
    rich('chat-deleted'),
    rich('chat-rich', { clientState: 'not the one that was agreed' }),
    rich('chat-basic'),
    rich('blob-referred'),
    { value: (fixture('chat-rich').body as { value: JsonObject[] }).value.map((item) => ({ ...item, ...own })) },
    fixture('comms').body,
    fixture('comms-bare-array').body,
    fixture('empty').body,
    fixture('unrecognised').body,
  ];
  return [
    ...bodies.map((body) => ({ body: Buffer.from(JSON.stringify(body)), contentType: 'application/json' })),
    { body: Uint8Array.of(0xff, 0xfe, 0x00, 0x80, 0x7b) },
  ];
}

function fixture(name: string): { readonly body: Json; readonly opened?: JsonObject } {
  const file = join(import.meta.dirname, '../fixtures/notices', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as { readonly body: Json; readonly opened?: JsonObject };
}

async function publish(run: TocsinProcess, all: readonly MessageToPublish[]): Promise<void> {
  const publisher = createEventHubsPublisher({
    connection: { kind: 'connection-string', value: run.endpoints['eventHubs'] ?? '' },
    hub: run.endpoints['eventHub'] ?? '',
    transport: 'amqp',
    clock: systemClock,
  });
  try {
    const result = await publisher.publish(all);
    if (!result.ok) throw new Error(result.detail);
  } finally {
    await publisher.close();
  }
}

async function ask(url: string, body: object): Promise<JsonObject> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tocsin-request': '1', 'x-tocsin-client': 'cli' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as JsonObject;
}

/** Resolves with the emergency's id once the desk shows it. */
async function dial(run: TocsinProcess, call: object): Promise<string> {
  const { emergencyIds } = (await ask(`${run.endpoints['simulator']}/calls`, call)) as { emergencyIds: string[] };
  return eventually(`an emergency of ${JSON.stringify(call)}`, async () => {
    for (const id of emergencyIds)
      if ((await fetch(`${run.endpoints['desk']}/api/emergencies/${id}`)).status === 200) return id;
    return undefined;
  });
}

async function act(run: TocsinProcess, id: string, verb: string, body: object): Promise<void> {
  await ask(`${run.endpoints['desk']}/api/emergencies/${id}/${verb}`, body);
}

async function story(run: TocsinProcess, id: string): Promise<string[]> {
  const response = await fetch(`${run.endpoints['desk']}/api/emergencies/${id}`);
  const found = (await response.json()) as { readonly story: readonly { readonly type: string }[] };
  return found.story.map(({ type }) => type);
}

async function counts(run: TocsinProcess, type: string): Promise<number> {
  const response = await fetch(`${run.endpoints['desk']}/api/audit/counts?type=${type}`);
  return ((await response.json()) as { readonly total: number }).total;
}
