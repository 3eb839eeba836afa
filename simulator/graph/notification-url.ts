import type { SimulatedHub } from '#simulator/graph/options.ts';
import { invalid, type Refusal } from '#simulator/graph/reply.ts';

/** Where notices of a subscription go. */
export type Sink =
  | { readonly kind: 'hub'; readonly hub: SimulatedHub }
  /** As CloudEvents: an event subscription of the partner topic forwards them to the hub. */
  | { readonly kind: 'event-grid'; readonly hub: SimulatedHub }
  | { readonly kind: 'webhook'; readonly url: URL };

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads a notification URL: `EventHub:` with a namespace or a Key Vault secret ("Receive change notifications through Azure Event Hubs"), `EventGrid:?` ("Receive change
 * notifications through Azure Event Grid"), or a webhook, here on loopback only.
 */
export function parseNotificationUrl(
  url: string,
  hubs: readonly SimulatedHub[],
  domain: string,
  property = 'notificationUrl',
): Sink | Refusal {
  if (/^EventHub:/i.test(url)) {
    const hub = hubOf(url.slice('EventHub:'.length), hubs, domain);
    return hub === undefined ? invalid(`Invalid event hub notification url='${url}'`) : { kind: 'hub', hub };
  }
  if (/^EventGrid:/i.test(url)) {
    const query = new URLSearchParams(url.slice('EventGrid:'.length).replace(/^\?/, ''));
    const names = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
    const missing = ['azuresubscriptionid', 'resourcegroup', 'partnertopic', 'location'].filter(
      (name) => (names.get(name) ?? '') === '',
    );
    const [hub] = hubs;
    if (missing.length > 0 || hub === undefined || !/^[0-9a-z]+$/.test(names.get('location') ?? ''))
      return invalid(`Invalid event grid notification url='${url}'`);
    return { kind: 'event-grid', hub };
  }
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return invalid(`${property} is not a valid absolute HTTPS URL.`);
  if (!loopback.has(parsed.hostname))
    return invalid('The simulated Graph delivers to webhooks on this machine only (localhost, 127.0.0.1, [::1]).');
  return { kind: 'webhook', url: parsed };
}

function hubOf(address: string, hubs: readonly SimulatedHub[], domain: string): SimulatedHub | undefined {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:') return undefined;
  if (url.searchParams.get('tenantId')?.toLowerCase() !== domain.toLowerCase()) return undefined;
  const [, first, name, ...more] = url.pathname.split('/');
  if (name === undefined || name === '' || more.length > 0) return undefined;
  const host = url.hostname.toLowerCase();
  if (first === 'secrets') {
    const secret = `${host}/secrets/${name.toLowerCase()}`;
    return hubs.find((hub) => hub.keyVaultSecrets?.some((each) => each.toLowerCase() === secret));
  }
  if (first !== 'eventhubname') return undefined;
  return hubs.find(
    (hub) => hub.hub.toLowerCase() === name.toLowerCase() && hub.namespaces.some((each) => each.toLowerCase() === host),
  );
}

/** The address of a hub in the form that Graph wants. */
export function hubUrl(hub: SimulatedHub, domain: string): string {
  return `EventHub:https://${hub.namespaces[0] ?? ''}/eventhubname/${hub.hub}?tenantId=${domain}`;
}
