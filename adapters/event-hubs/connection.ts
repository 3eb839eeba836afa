import type { Agent } from 'node:https';
import {
  type CheckpointStore,
  type EventHubClientOptions,
  EventHubConsumerClient,
  EventHubProducerClient,
  type TokenCredential,
} from '@azure/event-hubs';
import { WebSocket } from 'ws';

/** How to reach and enter a namespace. */
export type EventHubsConnection =
  /** `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…` (or `SharedAccessSignature=…`), with or without `EntityPath`. */
  | { readonly kind: 'connection-string'; readonly value: string }
  | {
      readonly kind: 'namespace';
      /** Such as `contoso.servicebus.windows.net`; also what the token is asked for and what describes the hub. */
      readonly host: string;
      readonly credential: TokenCredential;
      /** `sb://host:port` of an intermediary that stands for the namespace (private endpoint, simulator). */
      readonly customEndpointAddress?: string;
      /** Opens the connections of `amqp-websockets`, where the namespace is elsewhere than the name service says. */
      readonly agent?: Agent;
    };

/** AMQP over TCP (5671) or tunnelled through WebSockets (443), for networks that let nothing else out. */
export type EventHubsTransport = 'amqp' | 'amqp-websockets';

/** What both clients are made from. */
export interface ClientSettings {
  readonly connection: EventHubsConnection;
  readonly hub: string;
  readonly transport: EventHubsTransport;
  /** Milliseconds until one attempt of an operation is given up. */
  readonly timeoutMs: number;
}

/** Makes a client that receives. It connects on first use. */
export function createConsumerClient(settings: ClientSettings, consumerGroup: string): EventHubConsumerClient {
  const { connection, hub } = settings;
  const options = clientOptions(settings);
  if (connection.kind === 'namespace')
    return new EventHubConsumerClient(
      consumerGroup,
      connection.host,
      hub,
      connection.credential,
      noCheckpoints,
      options,
    );
  const connectionString = withoutEntityPath(connection.value, hub);
  return new EventHubConsumerClient(consumerGroup, connectionString, hub, noCheckpoints, options);
}

/**
 * The position is kept elsewhere. But only with a store does the client accept the owner level 0, which makes a reader the only one of its
 * partition; without a store it leaves 0 out.
 */
const noCheckpoints: CheckpointStore = {
  listOwnership: () => Promise.resolve([]),
  claimOwnership: () => Promise.resolve([]),
  updateCheckpoint: () => Promise.resolve(),
  listCheckpoints: () => Promise.resolve([]),
};

/** Makes a client that sends. It connects on first use. */
export function createProducerClient(settings: ClientSettings): EventHubProducerClient {
  const { connection, hub } = settings;
  const options = clientOptions(settings);
  if (connection.kind === 'namespace')
    return new EventHubProducerClient(connection.host, hub, connection.credential, options);
  return new EventHubProducerClient(withoutEntityPath(connection.value, hub), hub, options);
}

/**
 * Host name of the namespace, lower case, without port: part of the hub's identity, so an intermediary's address does not count.
 * @throws TypeError when a connection string has no usable `Endpoint`
 */
export function namespaceHost(connection: EventHubsConnection): string {
  if (connection.kind === 'namespace') return hostOf(connection.host);
  const endpoint = part(connection.value, 'Endpoint');
  if (endpoint === undefined) throw new TypeError('the connection string of the event hub has no Endpoint');
  return hostOf(endpoint);
}

function hostOf(address: string): string {
  const text = address.includes('://') ? address.slice(address.indexOf('://') + 3) : address;
  const url = URL.parse(`http://${text}`);
  if (url === null || url.hostname === '')
    throw new TypeError('the address of the event hubs namespace is not a host name');
  return url.hostname.toLowerCase();
}

/**
 * The client compares EntityPath and hub case-sensitively and, where they differ, throws an error that quotes the whole connection
 * string with its key: so the comparison is made here.
 */
function withoutEntityPath(connectionString: string, hub: string): string {
  const path = part(connectionString, 'EntityPath');
  if (path !== undefined && path.toLowerCase() !== hub.toLowerCase())
    throw new TypeError(`the connection string is for the event hub "${path}", not for "${hub}"`);
  return connectionString
    .split(';')
    .filter((piece) => !/^\s*EntityPath\s*=/i.test(piece))
    .join(';');
}

function part(connectionString: string, name: string): string | undefined {
  for (const piece of connectionString.split(';')) {
    const at = piece.indexOf('=');
    if (at > 0 && piece.slice(0, at).trim().toLowerCase() === name.toLowerCase()) return piece.slice(at + 1).trim();
  }
  return undefined;
}

function webSocketsOf(connection: EventHubsConnection) {
  const agent = connection.kind === 'namespace' ? connection.agent : undefined;
  return { webSocket: WebSocket, ...(agent === undefined ? {} : { webSocketConstructorOptions: { agent } }) };
}

function clientOptions(settings: ClientSettings): EventHubClientOptions {
  const { connection, transport, timeoutMs } = settings;
  return {
    // One attempt each: the client's own retries wait 30 s by default, hide what happened, and repeat sends whose outcome is
    // unknown. The callers here repeat what is safe to repeat, with jitter.
    retryOptions: { maxRetries: 0, retryDelayInMs: 200, timeoutInMs: timeoutMs },
    ...(transport === 'amqp-websockets' ? { webSocketOptions: webSocketsOf(connection) } : {}),
    ...(connection.kind === 'namespace' && connection.customEndpointAddress !== undefined
      ? { customEndpointAddress: connection.customEndpointAddress }
      : {}),
  };
}
