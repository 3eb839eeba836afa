import { type Cloud, isHostOf } from '#domain/identity/clouds.ts';

/** Decides where requests may go. */
export interface AllowList {
  /** Why the URL is refused, or whose it is. */
  check(
    url: string,
  ): { readonly ok: true; readonly url: URL; readonly extra: boolean } | { readonly ok: false; readonly why: string };
}

/**
 * @param extraHosts from the settings: `host` for port 443, else `host:port`; exact names, no patterns
 * @throws {TypeError} for an extra host that is none
 */
export function createAllowList(cloud: Cloud, extraHosts: readonly string[]): AllowList {
  const extra = new Set(extraHosts.map(canonical));

  return {
    check(text) {
      const url = URL.parse(text);
      if (url === null) return refuse('the URL cannot be read');
      if (url.username !== '' || url.password !== '') return refuse('the URL names a user');
      const isExtra = extra.has(`${url.hostname}:${portOf(url)}`);
      if (url.protocol === 'http:') {
        if (isExtra && isLoopback(url.hostname)) return { ok: true, url, extra: true };
        return refuse(`plain text to ${url.host} is not allowed`);
      }
      if (url.protocol !== 'https:') return refuse(`the scheme ${url.protocol} is not allowed`);
      if (isExtra) return { ok: true, url, extra: true };
      if (url.port === '' && isHostOf(cloud, url.hostname)) return { ok: true, url, extra: false };
      return refuse(`${url.host} is neither a host of the cloud "${cloud}" nor named in the settings`);
    },
  };
}

const refuse = (why: string) => ({ ok: false, why }) as const;

const portOf = (url: URL) => url.port || (url.protocol === 'http:' ? '80' : '443');

function canonical(host: string): string {
  const url = URL.parse(`https://${host}/`);
  if (url === null || url.pathname !== '/' || url.username !== '' || host.includes('/') || host.includes('*')) {
    throw new TypeError(`"${host}" is no host name`);
  }
  return `${url.hostname}:${portOf(url)}`;
}

/** RFC 6761 section 6.3, RFC 1122 section 3.2.1.3 (g), RFC 4291 section 2.5.3. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
