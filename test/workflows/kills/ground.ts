import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createConnection } from '#adapters/temporal/connection.ts';
import { tokenCheck } from '#cli/roles/graph-tokens.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { GraphSimulatorOptions } from '#simulator/graph/options.ts';
import { startStack } from '#test/adapters/eventstoredb/stack.ts';
import { startTemporal } from '#test/adapters/temporal/start-temporal.ts';
import {
  chatClient,
  eventsCertificate,
  eventsClient,
  startEntra,
  trustedAuthority,
} from '#test/simulator/entra/start-entra.ts';
import { authorityPem, startGraph } from '#test/simulator/graph/support.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startWebhookReceiver } from '#test/system/subscribed/webhook-receiver.ts';
import { createFastClock } from '#test/workflows/kills/fast-clock.ts';
import { graphIsFasterBy, openTenant, type Places, type Wanted } from '#test/workflows/kills/tenant.ts';

/** All that outlives a worker, each behind its real protocol: Temporal, Entra ID, Graph, the event log, the key store, somebody's webhook. */
export async function startGround(wanted: Wanted) {
  const folder = temporaryFolder();
  let entra: Awaited<ReturnType<typeof startEntra>> | undefined;
  const graphOptions: Partial<Omit<GraphSimulatorOptions, 'clock'>> = {
    ids: systemIds,
    verifyToken: async (bearer) =>
      entra === undefined ? { ok: false, reason: 'not there' } : tokenCheck(entra.simulator, bearer),
  };
  const clock = createFastClock(graphIsFasterBy);
  const { graph, tenant, events } = await startGraph({ ...graphOptions, clock });
  const { id, domain, serviceUser, users } = tenant;
  const chat = { ...chatClient, clientId: tenant.chatClientId };
  const application = { ...eventsClient, clientId: tenant.eventsClientId };
  const started = await startEntra({
    tenant: {
      ...{ id, domain, serviceUser },
      users: users.map((user) => ({ id: user.id, upn: user.userPrincipalName, name: user.displayName })),
    },
    ...{ clients: [chat, application], folder },
    // As long as those for which access is evaluated continuously: on Graph's clock they last for minutes.
    accessTokenSeconds: 86_400,
  });
  entra = started;
  onTestFinished(() => started.close());
  const stack = await startStack();
  onTestFinished(() => stack.close());
  const webhook = await startWebhookReceiver();
  onTestFinished(() => webhook.close());
  const temporal = await startTemporal();
  onTestFinished(() => temporal.stop());
  const files = { certificateFile: join(folder, 'application.crt'), keyFile: join(folder, 'application.key') };
  writeFileSync(files.certificateFile, eventsCertificate.cert);
  writeFileSync(files.keyFile, eventsCertificate.key, { mode: 0o600 });
  const places: Places = {
    temporal: { address: temporal.address, namespace: temporal.namespace },
    keyStore: { file: join(folder, 'keys.db'), masterKeyFile: join(folder, 'master.key') },
    entra: { authority: started.simulator.authority, tenantId: id },
    clients: { chat: chat.clientId, events: application.clientId, ...files },
    graph: { url: graph.url, notificationUrl: graph.notificationUrl },
    ca: `${trustedAuthority}\n${authorityPem}`,
    log: stack.simulator.connectionString,
    ...{ webhook: { url: webhook.url, secret: webhook.secret }, wanted },
  };
  const own = await openTenant(places);
  onTestFinished(() => own.close());
  const log = await stack.open();
  const recorded: RecordedEvent[] = [];
  const following = new AbortController();
  const follow = async () => {
    for await (const item of log.subscribe({ signal: following.signal }))
      if (item.kind === 'events') recorded.push(...item.events);
  };
  const followed = follow();
  onTestFinished(async () => {
    following.abort();
    await followed;
  });
  const connection = createConnection({ target: places.temporal, clock: systemClock });
  onTestFinished(() => connection.close());
  return {
    ...{ serviceUser, folder, places, log, webhook, events, tenant: own, graph, client: connection.client },
    entra: started.simulator,
    logFaults: stack.simulator.faults,
    /** What is on record in one stream, as far as it was told. */
    stream: (name: string) => recorded.filter(({ stream }) => stream === name),
  };
}

export type Ground = Awaited<ReturnType<typeof startGround>>;
