import { EventStoreDBClient } from '@eventstore/db-client';

/** The vendor's client, made safe to share a process with, and what appends need to know of it. */
export interface VendorClient {
  readonly client: EventStoreDBClient;
  /** To be given with every append: it takes the path that shares no state with other clients. */
  readonly appendCredentials: { readonly username: string; readonly password: string };
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
    if (!knownOptions.has(key)) throw new TypeError(`connection string of EventStoreDB: unknown option ${key}`);
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
  return {
    client: guard(parse(whole)),
    appendCredentials: credentials ?? { username: 'anonymous', password: 'anonymous' },
  };
}

function parse(connectionString: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch {
    throw new TypeError('connection string of EventStoreDB cannot be read (esdb://host:2113?tls=false)');
  }
}

/**
 * The client looks at errors in a function that nobody awaits; while it is discovering a cluster that is down, or for errors that
 * it does not expect, that function rejects, which would end the process.
 */
function guard(client: EventStoreDBClient): EventStoreDBClient {
  const internals = client as unknown as { handleError: (client: unknown, error: unknown) => Promise<void> };
  const handleError = internals.handleError;
  internals.handleError = (grpcClient, error) => handleError(grpcClient, error).catch(() => undefined);
  return client;
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
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}
