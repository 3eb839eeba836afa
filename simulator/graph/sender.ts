import type { JsonObject } from '#kernel/json.ts';
import { parseNotificationUrl, type Sink } from '#simulator/graph/notification-url.ts';
import type { GraphSimulatorOptions } from '#simulator/graph/options.ts';
import { isRefusal } from '#simulator/graph/reply.ts';
import type { Webhooks } from '#simulator/graph/webhooks.ts';
import { collection, eventGridEvent, validationProbe } from '#simulator/teams/notices.ts';

/** What came of sending: `too-large` would be so again. */
export type Sent = { readonly ok: true } | { readonly ok: false; readonly tooLarge: boolean; readonly detail: string };

export interface Sender {
  /** Sends notices to one address, together but each in a message of its own. */
  send(url: string, notices: readonly JsonObject[], cloudEvents: boolean): Promise<Sent>;
  /** Shows that an address can be reached, as at creation of a subscription. */
  validate(url: string, requestId: string): Promise<Sent>;
}

type SenderDeps = Pick<GraphSimulatorOptions, 'hubs' | 'tenant' | 'clock' | 'ids'> & { readonly webhooks: Webhooks };

export function createSender(deps: SenderDeps): Sender {
  const { hubs, tenant, clock, ids, webhooks } = deps;
  const encode = (body: JsonObject) => new TextEncoder().encode(JSON.stringify(body));
  const refused = (detail: string): Sent => ({ ok: false, tooLarge: false, detail });
  const publish = async (
    sink: Exclude<Sink, { kind: 'webhook' }>,
    bodies: readonly JsonObject[],
    contentType: string,
  ) => {
    const result = await sink.hub.publisher.publish(bodies.map((body) => ({ body: encode(body), contentType })));
    return result.ok
      ? ({ ok: true } as const)
      : { ok: false as const, tooLarge: result.reason === 'too-large', detail: `${result.reason}: ${result.detail}` };
  };
  return {
    async send(url, notices, cloudEvents) {
      const sink = parseNotificationUrl(url, hubs, tenant.domain);
      if (isRefusal(sink)) return refused(sink.refused.message);
      if (sink.kind === 'webhook') {
        const problem = await webhooks.post(sink.url, JSON.stringify({ value: notices }));
        return problem === undefined ? { ok: true } : refused(problem);
      }
      if (sink.kind === 'event-grid' || cloudEvents) {
        const bodies = notices.map((notice) =>
          'lifecycleEvent' in notice
            ? lifecycleEvent(notice, tenant.id, ids.random(), clock.now())
            : eventGridEvent(tenant, notice, ids.random(), clock.now()),
        );
        return publish(sink, bodies, 'application/cloudevents+json');
      }
      const bodies = notices.map((notice) => collection([notice]));
      return publish(sink, bodies, 'application/json');
    },
    async validate(url, requestId) {
      const sink = parseNotificationUrl(url, hubs, tenant.domain);
      if (isRefusal(sink)) return refused(sink.refused.message);
      if (sink.kind === 'webhook') {
        const problem = await webhooks.validate(
          sink.url,
          `Validation: Testing client application reachability for subscription Request-Id: ${requestId}`,
        );
        return problem === undefined ? { ok: true } : refused(`Subscription validation request failed. ${problem}`);
      }
      // Event Grid makes the topic itself and sends no probe.
      if (sink.kind === 'event-grid') return { ok: true };
      return publish(sink, [{ value: [validationProbe(requestId)] }], 'application/json');
    },
  };
}

/** A lifecycle notice as an Event Grid partner topic delivers it. */
function lifecycleEvent(notice: JsonObject, tenantId: string, id: string, now: number): JsonObject {
  const { subscriptionExpirationDateTime, lifecycleEvent: event, ...rest } = notice;
  const name = String(event);
  return {
    id,
    type: `Microsoft.Graph.Subscription${name === 'subscriptionRemoved' ? 'Removed' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`}`,
    source: `/tenants/${tenantId}/applications/00000000-0000-0000-0000-000000000000`,
    subject: `subscriptions/${String(notice['subscriptionId'])}`,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    specversion: '1.0',
    data: { ...rest, SubscriptionExpirationDateTime: subscriptionExpirationDateTime, lifecycleEvent: event },
  };
}
