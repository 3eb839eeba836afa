import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenCheck } from '../options.ts';

/**
 * Checks a token `SharedAccessSignature sr=…&sig=…&se=…&skn=…` ("Authenticate access to Event Hubs resources using
 * shared access signatures"): HMAC-SHA256 with the key over the encoded resource and the expiry.
 * @param now milliseconds since 1970 UTC
 */
export function checkSharedAccessSignature(
  token: string,
  sas: { readonly keyName: string; readonly key: string },
  now: number,
): TokenCheck {
  const prefix = 'SharedAccessSignature ';
  if (!token.startsWith(prefix)) return refuse('MalformedToken: the token is not a shared access signature.');
  const fields = new Map(token.slice(prefix.length).split('&').map(splitField));
  const resource = fields.get('sr');
  const signature = fields.get('sig');
  const expiry = fields.get('se');
  if (resource === undefined || signature === undefined || expiry === undefined || !/^\d+$/.test(expiry)) {
    return refuse('MalformedToken: sr, sig or se is missing.');
  }
  if (decodeURIComponent(fields.get('skn') ?? '') !== sas.keyName) {
    return refuse('InvalidSignature: the token names an unknown key.');
  }
  const expected = createHmac('sha256', sas.key).update(`${resource}\n${expiry}`).digest();
  const given = Buffer.from(decodeURIComponent(signature), 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return refuse('InvalidSignature: The token has an invalid signature.');
  }
  const expiresAt = Number(expiry) * 1000;
  if (expiresAt <= now) return refuse('ExpiredToken: The token is expired.');
  return { ok: true, path: resourcePath(decodeURIComponent(resource)), expiresAt };
}

/** Path of a resource URI such as `sb://host:port/hub/$management`, in lower case, without slashes at its ends. */
export function resourcePath(uri: string): string {
  return uri
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
}

function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

function refuse(reason: string): TokenCheck {
  return { ok: false, reason };
}
