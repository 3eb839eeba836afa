import type { Parsed } from '#config/setting.ts';

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const wrong = (problem: string): Parsed<never> => ({ ok: false, problem });

/** Any text that is not empty. */
export function text(value: string): Parsed<string> {
  return value.trim() === '' ? wrong('is empty; leave it out or give it a value') : ok(value);
}

/** One of a closed set of words. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  return (value: string): Parsed<T> => {
    const found = words.find((word) => word === value);
    return found === undefined ? wrong(`must be one of ${words.join(', ')}`) : ok(found);
  };
}

/** A whole number within bounds, both inclusive. */
export function integer(least: number, most: number) {
  return (value: string): Parsed<number> => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? ok(number) : wrong(`must be a whole number from ${least} to ${most}`);
  };
}

/** A number of at least zero, with or without a fraction. */
export function rate(value: string): Parsed<number> {
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? ok(number) : wrong('must be a number of at least 0, such as 20 or 0.5');
}

/** Words with commas between them; blanks round them do not count. */
export function list(value: string): Parsed<readonly string[]> {
  return ok(
    value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`; an IPv6 address in brackets; port 0 takes a free one. */
export function hostAndPort(value: string): Parsed<HostAndPort> {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s/]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) return wrong('must be host:port, such as 127.0.0.1:8080');
  return ok({ host: match[1].replace(/^\[|\]$/g, ''), port });
}

/** True for names and addresses that never leave this machine (RFC 5735 section 3, RFC 4291 section 2.5.3, RFC 6761 section 6.3). */
function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === 'localhost';
}

/** Whether a host is this machine alone. */
export function isThisMachine(host: string): boolean {
  return isLoopback(host);
}

/** `host:port` on loopback, or on every address of a container (`0.0.0.0`, `[::]`): what is served there tells nothing of anybody. */
export function probes(value: string): Parsed<HostAndPort> {
  const parsed = hostAndPort(value);
  if (!parsed.ok || isLoopback(parsed.value.host) || ['0.0.0.0', '::'].includes(parsed.value.host)) return parsed;
  return wrong(
    'must be an address of this machine alone (127.0.0.1), or 0.0.0.0 in a container that only its orchestrator reaches',
  );
}

/** Where browsers reach the desk: an origin with `https`, or with `http` on this machine. */
export function deskUrl(value: string): Parsed<string> {
  const url = URL.parse(value);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    return wrong('must be an https URL such as https://desk.contoso.example');
  if (url.pathname !== '/') return wrong('must be a host and nothing after it');
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    return wrong('asks for plain text beyond this machine; use https');
  return ok(url.origin);
}

export type EventLogSetting =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'esdb'; readonly connectionString: string };

/** `sqlite:<file>` or a connection string of EventStoreDB's own; plain text only on loopback, and with TLS a user, whom its client asks for. */
export function eventLog(value: string): Parsed<EventLogSetting> {
  if (value.startsWith('sqlite:') && value.length > 7) return ok({ kind: 'sqlite', file: value.slice(7) });
  const match = /^(?:esdb|kurrentdb)(?:\+discover)?:\/\/(?:([^@/?]*)@)?([^/?]+)\/?(?:\?(.*))?$/.exec(value);
  if (match?.[2] === undefined)
    return wrong('must be sqlite:<file> or esdb://user:password@host:2113, with user and password percent-encoded');
  const plain = tlsOptions(match[3] ?? '').some((word) => word !== 'true');
  const beyond = match[2].split(',').some((host) => !isLoopback(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')));
  if (plain && beyond) return wrong('asks for plain text (tls=false) beyond this machine; take tls=false out');
  if (!plain && !/^[^:]+:./.test(match[1] ?? ''))
    return wrong('has no user and password, which go with TLS; write esdb://user:password@host:2113');
  return ok({ kind: 'esdb', connectionString: value.replace(/^kurrentdb/, 'esdb') });
}

/** Every value of `tls` there is, as the client reads names: without blanks, case, hyphens and underscores. Which one of several counts nobody need know. */
function tlsOptions(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/[&?]/)
    .map((pair) => pair.split('=', 2).map((part) => part.trim()))
    .filter(([name = '']) => name.replaceAll(/[_-]/g, '') === 'tls')
    .map(([, word = '']) => word);
}

export type KeyStoreSetting =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'vault'; readonly keyUrl: string };

/** `sqlite:<file>`, or the address of a key in a vault, without a version. */
export function keyStore(value: string): Parsed<KeyStoreSetting> {
  if (value.startsWith('sqlite:') && value.length > 7) return ok({ kind: 'sqlite', file: value.slice(7) });
  const key = vaultKey(value);
  return key.ok
    ? ok({ kind: 'vault', keyUrl: key.value })
    : wrong('must be sqlite:<file> or https://<vault>.vault.azure.net/keys/<name>');
}

/** Address of a key in a vault, without a version. */
export function vaultKey(value: string): Parsed<string> {
  return /^https:\/\/[a-z0-9.-]+(:\d+)?\/keys\/[0-9A-Za-z-]{1,127}$/.test(value)
    ? ok(value)
    : wrong('must be https://<vault>.vault.azure.net/keys/<name>');
}

/** URL of a Blob container, with or without a shared access signature; plain http only on loopback. */
export function containerUrl(value: string): Parsed<string> {
  const parsed = value.startsWith('sqlite:') ? wrong('must be the https URL of a Blob container') : ownership(value);
  if (!parsed.ok) return parsed;
  return parsed.value.kind === 'blob' ? ok(parsed.value.url) : wrong('must be the https URL of a Blob container');
}

/** URL of a storage account, with or without a shared access signature; plain http only on loopback, where the account is the path. */
export function storageUrl(value: string): Parsed<string> {
  const url = URL.parse(value);
  const local = url !== null && isLoopback(url.hostname);
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && local)) || url.username !== '')
    return wrong('must be the https URL of a storage account, such as https://contoso.blob.core.windows.net');
  return local || url.pathname === '/' ? ok(value) : wrong('must be a storage account and nothing after it');
}

/** A connection string of Azure Storage; plain http only on loopback. Secret: nothing of it is repeated. */
export function storageConnection(value: string): Parsed<string> {
  const part = (name: string) => new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(value)?.[1]?.trim();
  if (part('UseDevelopmentStorage')?.toLowerCase() === 'true') return ok(value);
  const endpoint = part('BlobEndpoint');
  const isSigned = part('AccountName') !== undefined && part('AccountKey') !== undefined;
  if (!isSigned && (endpoint === undefined || part('SharedAccessSignature') === undefined))
    return wrong(
      'must be a connection string of Azure Storage (DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…)',
    );
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  if (endpoint !== undefined && (url === null || !['https:', 'http:'].includes(url.protocol)))
    return wrong('has a BlobEndpoint that is no https URL');
  const isPlain = url === null ? part('DefaultEndpointsProtocol')?.toLowerCase() === 'http' : url.protocol === 'http:';
  if (isPlain && !isLoopback(url?.hostname ?? ''))
    return wrong('asks for plain text (http) beyond this machine; use https');
  return ok(value);
}

/** `blobStoreUrl` of a subscription: a secret in a key vault, without a version ("Receive change notifications through Azure Event Hubs"). */
export function blobStoreUrl(value: string): Parsed<string> {
  return /^https:\/\/[a-z0-9.-]+(:\d+)?\/secrets\/[0-9A-Za-z-]{1,127}\?tenantId=[^\s&?#]+$/.test(value)
    ? ok(value)
    : wrong('must be https://<vault>.vault.azure.net/secrets/<name>?tenantId=<domain>');
}

/** `<host>=<host:port>` pairs with commas between them. */
export function addresses(value: string): Parsed<Readonly<Record<string, string>>> {
  const pairs = value.split(',').map((pair) => /^\s*([a-z0-9.-]+)=([a-z0-9.-]+:\d{1,5})\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return wrong('must be <host>=<host:port>, with commas between several');
  return ok(Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])));
}

/** `sqlite:<file>`. */
function sqliteFile(value: string): Parsed<string> {
  return value.startsWith('sqlite:') && value.length > 7 ? ok(value.slice(7)) : wrong('must be sqlite:<file>');
}

export type OwnershipSetting =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'blob'; readonly url: string };

/** `sqlite:<file>` or the URL of a Blob container; plain http only on loopback. */
export function ownership(value: string): Parsed<OwnershipSetting> {
  if (value.startsWith('sqlite:'))
    return sqliteFile(value).ok ? ok({ kind: 'sqlite', file: value.slice(7) }) : wrong('must be sqlite:<file>');
  const url = URL.parse(value);
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    return wrong('must be sqlite:<file> or the https URL of a Blob container');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return wrong('asks for plain text beyond this machine; use https');
  return ok({ kind: 'blob', url: value });
}

export type EventHubsSetting =
  | { readonly kind: 'connection-string'; readonly value: string }
  | { readonly kind: 'namespace'; readonly host: string };

/** A connection string of Event Hubs, or `https://<namespace>…` with a managed identity; plain text (the emulator's switch) only on loopback. */
export function eventHubs(value: string): Parsed<EventHubsSetting> {
  if (value.startsWith('https://')) {
    const url = URL.parse(value);
    return url === null || url.pathname !== '/'
      ? wrong('must be https://<namespace>.servicebus.windows.net and nothing after it')
      : ok({ kind: 'namespace', host: url.hostname });
  }
  const host = /(?:^|;)Endpoint=sb:\/\/([^/:;]+)/i.exec(value)?.[1];
  if (host === undefined)
    return wrong(
      'must be a connection string (Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…) or https://<namespace>.servicebus.windows.net',
    );
  const has = (name: string) => new RegExp(`;${name}=[^;]`, 'i').test(`;${value}`);
  if (!has('SharedAccessSignature') && !(has('SharedAccessKeyName') && has('SharedAccessKey')))
    return wrong(
      'has an endpoint and no key (SharedAccessKeyName and SharedAccessKey, or SharedAccessSignature); a shell leaves out what is behind the first ; unless all of it is in quotes',
    );
  if (/UseDevelopmentEmulator=true/i.test(value) && !isLoopback(host))
    return wrong('asks for plain text (UseDevelopmentEmulator) beyond this machine; take it out');
  return ok({ kind: 'connection-string', value });
}

export interface PhraseSetting {
  readonly language: string;
  readonly text: string;
}

/** `<language>=<text>` pairs with `|` between them, such as `fi=on soittanut hätäpuhelun`. */
export function phrases(value: string): Parsed<readonly PhraseSetting[]> {
  const pairs = value
    .split('|')
    .map((pair) => /^\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*=\s*(\S.{3,200}?)\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null))
    return wrong(
      'must be <language>=<text> with | between several, such as fi=on soittanut hätäpuhelun; a text has at least 4 characters',
    );
  return ok(pairs.map((pair) => ({ language: pair?.[1] ?? '', text: pair?.[2] ?? '' })));
}

export type TemporalSetting =
  | { readonly kind: 'off' }
  | { readonly kind: 'managed' }
  | { readonly kind: 'cluster'; readonly address: string };

/** `off`, `managed`, or `host:port` of a cluster. */
export function temporal(value: string): Parsed<TemporalSetting> {
  if (value === 'off' || value === 'managed') return ok({ kind: value });
  const parsed = hostAndPort(value);
  return parsed.ok ? ok({ kind: 'cluster', address: value }) : wrong('must be off, managed, or host:port of a cluster');
}

/** An `https` URL without user, query and fragment; no slash at its end. */
export function httpsUrl(value: string): Parsed<string> {
  const url = URL.parse(value);
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '')
    return wrong('must be an https URL without a query, such as https://graph.microsoft.com');
  return ok(value.replace(/\/+$/, ''));
}

/** `https` anywhere, plain `http` on loopback only. */
export function webhookUrl(value: string): Parsed<string> {
  const url = URL.parse(value);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return wrong('must be an https URL');
  // No request goes to an address with a user in it: nobody would ever be paged.
  if (url.username !== '' || url.password !== '')
    return wrong('must not have a user or password before its host; the receiver knows a page by its signature');
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    return wrong('asks for plain text beyond this machine; use https');
  return ok(value);
}

/** `whsec_` and the base64 of 24 to 64 bytes (Standard Webhooks specification, "Signature scheme"). */
export function webhookSecret(value: string): Parsed<string> {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  const bytes = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
  return bytes >= 24 && bytes <= 64 ? ok(value) : wrong('must be whsec_ and the base64 of 24 to 64 random bytes');
}
