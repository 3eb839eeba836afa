import type { CustomFetch } from 'openid-client';
import type { Outbound } from '#ports/outbound.ts';

/** No answer from the identity provider; the message names host and cause, nothing that was sent. */
class ProviderUnreachableError extends Error {
  override readonly name = 'ProviderUnreachableError';
}

const timeoutMs = 8_000;

/** The way out for openid-client: hosts that are allowed and TLS are the port's business, redirects are never followed. */
export function providerFetch(outbound: Outbound): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const answer = await outbound.request(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      timeoutMs,
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!answer.ok) throw new ProviderUnreachableError(answer.detail);
    if (answer.status >= 500 || answer.status === 429)
      throw new ProviderUnreachableError(`the identity provider answered ${answer.status}`);
    const bodiless = answer.status === 204 || answer.status === 304;
    return new Response(bodiless ? null : answer.text, {
      status: answer.status,
      headers: { 'content-type': answer.headers['content-type'] ?? '' },
    });
  };
}

/** True where anything in the chain of causes is {@link ProviderUnreachableError} or a timeout. */
export function isUnreachable(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof ProviderUnreachableError || at.name === 'TimeoutError' || at.name === 'AbortError') return true;
  }
  return false;
}
