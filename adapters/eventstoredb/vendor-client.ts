import { EventStoreDBClient } from '@eventstore/db-client';

/** The vendor's client, made safe to share a process with, and what appends need to know of it. */
export interface VendorClient {
  readonly client: EventStoreDBClient;
  /** To be given with every append: it takes the path that shares no state with other clients. */
  readonly appendCredentials: { readonly username: string; readonly password: string };
  /** Ends all calls and the connection, for good. */
  disconnect(): Promise<void>;
}

/** Options of a connection string that client 6.2.1 knows, in its spelling without case, `-` and `_`. */
const knownOptions = new Set([
  'usercertfile',
  'userkeyfile',
  'maxdiscoverattempts',
  'connectionname',
  'defaultdeadline',
  'discoveryinterval',
  'gossiptimeout',
  'nodepreference',
  'tls',
  'tlscafile',
  'throwonappendfailure',
  'keepaliveinterval',
  'keepalivetimeout',
]);

/**
 * Opens the vendor's client. It connects with its first call.
 *
 * Appends with credentials of their own go one call each; all others share one map of pending appends per process, in which an error of one
 * client rejects the appends of all (`batchAppend.js`). Without TLS credentials are ignored, so any will do.
 * @param connectionString `esdb://` or `esdb+discover://`; keep-alive is set to 10 s unless it says otherwise
 * @param connectionName shown to the server's operators
 * @throws TypeError for a connection string that cannot be used; the message does not repeat it, for it may hold a password
 */
export function openVendorClient(connectionString: string, connectionName: string): VendorClient {
  const text = connectionString.trim();
  const options = optionsOf(text);
  for (const key of options.keys()) {
    // Not repeated unless it looks like an option: it may be the rest of a password with a question mark in it.
    const name = /^[a-z]+$/.test(key) ? key : '(no name of an option)';
    if (!knownOptions.has(key)) throw new TypeError(`connection string of EventStoreDB: unknown option ${name}`);
  }
  if (options.get('throwonappendfailure') === 'false') {
    throw new TypeError('connection string of EventStoreDB: throwOnAppendFailure=false is not supported');
  }
  const insecure = options.get('tls') === 'false';
  const credentials = credentialsOf(text);
  if (credentials === undefined && !insecure) {
    throw new TypeError('connection string of EventStoreDB: with TLS, user and password are needed');
  }
  const additions = Object.entries({
    keepAliveInterval: '10000',
    keepAliveTimeout: '10000',
    connectionName: encodeURIComponent(connectionName),
  }).filter(([key]) => !options.has(key.toLowerCase()));
  const query = additions.map(([key, value]) => `${key}=${value}`).join('&');
  const whole = query === '' ? text : `${text}${text.includes('?') ? '&' : '?'}${query}`;
  const client = parse(whole);
  guard(client);
  return {
    client,
    appendCredentials: credentials ?? { username: 'anonymous', password: 'anonymous' },
    disconnect: closer(client),
  };
}

function parse(connectionString: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch {
    throw new TypeError('connection string of EventStoreDB cannot be read (esdb://host:2113?tls=false)');
  }
}

/** What the client does not show, as it is in 6.2.1. */
interface Internals {
  handleError: (client: unknown, error: unknown) => Promise<void>;
  createChannel: () => Promise<{ close(): void }>;
}

/**
 * The client looks at errors in a function that nobody awaits; while it is discovering a cluster that is down, or for errors that
 * it does not expect, that function rejects, which would end the process.
 */
function guard(client: EventStoreDBClient): void {
  const internals = client as unknown as Internals;
  const { handleError } = internals;
  internals.handleError = (grpcClient, error) => handleError(grpcClient, error).catch(() => undefined);
}

/**
 * The client can end its calls but not its connection, which would keep the process alive.
 *
 * After an error it closes the channel at once. An append that begins in the same turn of the event loop then throws where nobody
 * catches it (an async function inside `new Promise`, `append.js`) and would end the process, so closing waits for the next turn.
 */
function closer(client: EventStoreDBClient): () => Promise<void> {
  const internals = client as unknown as Internals;
  const { createChannel } = internals;
  let open: { close(): void } | undefined;
  let closed = false;
  internals.createChannel = async () => {
    if (closed) throw new Error('the event log was closed');
    const channel = await createChannel();
    const close = channel.close.bind(channel);
    channel.close = () => void setImmediate(close);
    if (closed) channel.close();
    open = channel;
    return channel;
  };
  return async () => {
    closed = true;
    await client.dispose();
    open?.close();
  };
}

function optionsOf(connectionString: string): ReadonlyMap<string, string> {
  const query = connectionString.split('?').slice(1).join('&');
  const pairs = query.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=', 2);
      return [key.trim().toLowerCase().replaceAll(/[_-]/g, ''), value.trim()];
    }),
  );
}

function credentialsOf(connectionString: string): { username: string; password: string } | undefined {
  const [, username, password] = /^[^:]+:\/\/([^:]+):([^@]+)@/.exec(connectionString) ?? [];
  if (username === undefined || password === undefined) return undefined;
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw new TypeError('connection string of EventStoreDB: user and password must be percent-encoded');
  }
}
