import { createChats } from '#simulator/graph/chats.ts';
import { createDeliveries } from '#simulator/graph/deliveries.ts';
import { createGraphFaults } from '#simulator/graph/faults.ts';
import { createFront } from '#simulator/graph/front.ts';
import { createHeldNotices } from '#simulator/graph/held.ts';
import { createLifecycle } from '#simulator/graph/lifecycle.ts';
import { createMessageRoutes } from '#simulator/graph/message-routes.ts';
import { createNotices } from '#simulator/graph/notice.ts';
import { hubUrl } from '#simulator/graph/notification-url.ts';
import type { GraphSimulator, GraphSimulatorOptions } from '#simulator/graph/options.ts';
import { feedOf } from '#simulator/graph/record.ts';
import { createRegistry } from '#simulator/graph/registry.ts';
import { route } from '#simulator/graph/router.ts';
import { seedSubscriptions } from '#simulator/graph/seed.ts';
import { createSender } from '#simulator/graph/sender.ts';
import { openStorage } from '#simulator/graph/storage.ts';
import { createSubscriptionRoutes } from '#simulator/graph/subscription-routes.ts';
import { createTicker } from '#simulator/graph/ticker.ts';
import { createWebhooks } from '#simulator/graph/webhooks.ts';
import { openTlsListener } from '#simulator/tls/listener.ts';

/** Starts a simulated Microsoft Graph (v1.0 and beta). Rejects with the system's error where the port is taken. */
export async function createGraphSimulator(options: GraphSimulatorOptions): Promise<GraphSimulator> {
  const { clock, ids, tenant, hubs, host = 'localhost', observe = () => undefined, log = () => undefined } = options;
  const [firstHub] = hubs;
  if (firstHub === undefined) throw new TypeError('a simulated Graph needs a hub to deliver to');
  const now = () => clock.now();
  const closing = new AbortController();
  const database = openStorage(options.folder);
  const registry = createRegistry(database);
  const held = createHeldNotices(database);
  const chats = createChats(database);
  const notices = createNotices(tenant.id);
  const sender = createSender({ hubs, tenant, clock, ids, webhooks: createWebhooks(options.webhookCa) });
  const lifecycle = createLifecycle({ registry, notices, sender, now, observe });
  const { faults, state } = createGraphFaults(async (name, active, given) => {
    observe({ kind: 'fault', at: now(), name, active });
    if (name === 'unreachable') await (active ? listener.refuse() : listener.open());
    if (active && name === 'tokens-invalidated') invalidateTokens();
    if (!active || (name !== 'subscription-removed' && name !== 'subscription-vanishes')) return;
    const live = registry.allLive().filter(({ id }) => (given.subscriptionId ?? id) === id);
    const victim = live.find(({ target }) => feedOf(target) === 'chat') ?? live[0];
    if (victim !== undefined) await lifecycle.drop(victim, name === 'subscription-removed' ? 'removed' : 'vanished');
  });
  const deliveries = createDeliveries({
    registry,
    held,
    notices,
    sender,
    faults: state,
    now,
    delayMs: options.delayMs ?? 300_000,
    observe,
  });
  const ticker = createTicker({ clock, lifecycle, deliveries, log, closing: closing.signal });
  let tenMinuteViolations = 0;
  const subscriptions = createSubscriptionRoutes({
    registry,
    chats,
    sender,
    faults: state,
    tenant,
    hubs,
    ids,
    quotas: { perUser: 10, perOrganisation: 10_000, ...options.quotas },
    now,
    observe,
    changed: ticker.wake,
    onTenMinuteViolation: () => {
      tenMinuteViolations++;
    },
  });
  const invalidateTokens: GraphSimulator['invalidateTokens'] = (of = {}) => {
    const at = now();
    for (const record of registry.allLive()) {
      if ((of.userId ?? record.userId) !== record.userId || (of.appId ?? record.applicationId) !== record.applicationId)
        continue;
      if (record.tokenExpiresAt > at) registry.put({ ...record, tokenExpiresAt: at, nextLifecycleAt: at });
    }
    lifecycle.expire(at);
    ticker.wake();
  };
  const routes = { tenant, subscriptions, messages: createMessageRoutes(chats, tenant) };
  const front = createFront({
    clock,
    ids,
    tenant,
    verifyToken: options.verifyToken,
    limits: options.limits ?? 'documented',
    slowMs: options.slowMs ?? 5_000,
    log,
    faults: state,
    url: () => `https://${host}:${listener.port}`,
    closing: closing.signal,
    route: (request) => {
      lifecycle.expire(now());
      return route(request, routes);
    },
  });
  const listener = await openTlsListener({ host, port: options.port }, options.tls, (request, response) => {
    front.handle(request, response).catch(() => response.destroy());
  }).catch((error: unknown) => {
    database.close();
    throw error;
  });
  const underWay = new Set<Promise<unknown>>();
  const tell: GraphSimulator['happened'] = async (changes) => {
    lifecycle.expire(now());
    chats.keep(changes.filter((change) => change.kind === 'message'));
    const reports = await deliveries.happened(changes);
    if (held.count() > 0) ticker.wake();
    return reports;
  };
  const notificationUrl = hubUrl(firstHub, tenant.domain);
  ticker.start();

  return {
    url: `https://${host}:${listener.port}`,
    port: listener.port,
    notificationUrl,
    faults,
    happened(changes) {
      if (closing.signal.aborted) return Promise.resolve(changes.map(() => []));
      const telling = tell(changes).finally(() => underWay.delete(telling));
      underWay.add(telling);
      return telling;
    },
    async lifecycle(event, feed) {
      const subscription = registry.allLive().find(({ target }) => feedOf(target) === feed);
      if (subscription === undefined)
        return { ok: false, reason: 'unavailable', detail: `no live subscription for the feed ${feed}` };
      const sent = await lifecycle.send(subscription, event);
      return sent.ok ? sent : { ok: false, reason: 'unavailable', detail: sent.detail };
    },
    async probe() {
      const sent = await sender.validate(notificationUrl, ids.random());
      return sent.ok ? sent : { ok: false, reason: 'unavailable', detail: sent.detail };
    },
    seed(seedOptions = {}) {
      lifecycle.expire(now());
      const made = seedSubscriptions({ tenant, registry, now: now(), notificationUrl, observe }, seedOptions);
      ticker.wake();
      return made;
    },
    subscriptions() {
      lifecycle.expire(now());
      return registry.allLive();
    },
    invalidateTokens,
    tick: ticker.tick,
    nextDue: ticker.nextDue,
    stats: () => ({ ...front.counts(), tenMinuteViolations, ...deliveries.counts(), held: held.count() }),
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await listener.close();
      await ticker.stop();
      await Promise.allSettled(underWay);
      database.close();
    },
  };
}
