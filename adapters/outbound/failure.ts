import type { OutboundFailure } from '#ports/outbound.ts';

/** What undici, Node's TLS or the system said, without anything that the caller sent. */
export function failureOf(host: string, error: unknown): OutboundFailure {
  const code = codeOf(error);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return { ok: false, reason: 'too-large', detail: `${host} answered more than may be read`, sent: true };
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return { ok: false, reason: 'refused', detail: `the request to ${host} cannot be sent as it is`, sent: false };
  }
  if (timeouts.has(code)) {
    return {
      ok: false,
      reason: 'timeout',
      detail: `${host} did not answer in time (${code})`,
      sent: !isBeforeSending(code),
    };
  }
  return { ok: false, reason: 'network', detail: `${host} cannot be reached (${code})`, sent: !isBeforeSending(code) };
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

const beforeSending: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPROTO',
]);

/** Errors of name look-up, connecting and the TLS handshake; of all others one cannot know. */
function isBeforeSending(code: string): boolean {
  return beforeSending.has(code) || /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);
}

/** The first code in a chain of causes, if it looks like one. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code)) return code;
    if (at instanceof AggregateError && at.errors.length > 0) return codeOf(at.errors[0]);
  }
  return 'unknown error';
}
