import type { EntraRefusal } from '#domain/identity/classify.ts';
import type { OutboundFailure, OutboundResponse } from '#ports/outbound.ts';

/** A body of Entra as an object; an empty one for what is no JSON object (a proxy's page, say). */
export function bodyOf({ text }: OutboundResponse): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/**
 * What an answer that is no success says. Fields: "OAuth 2.0 authorization code flow", error response.
 * @param now milliseconds since 1970 UTC, for a `Retry-After` that names a moment in an answer that names none itself
 */
export function refusalOf(
  answer: OutboundResponse,
  body: Readonly<Record<string, unknown>>,
  now: number,
): EntraRefusal {
  const { error, error_codes: codes, error_description: description, suberror, claims } = body;
  const listed = Array.isArray(codes) ? codes.filter((code) => Number.isSafeInteger(code)) : [];
  const errorCodes = listed.length > 0 ? (listed as number[]) : numbersIn(description);
  const theirs = Date.parse(answer.headers['date'] ?? '');
  const retryAfterMs = retryAfter(answer.headers['retry-after'], Number.isNaN(theirs) ? now : theirs);
  return {
    httpStatus: answer.status,
    errorCodes,
    ...textAs('error', error),
    ...textAs('suberror', suberror),
    ...textAs('claims', claims),
    ...textAs('correlationId', body['correlation_id']),
    ...textAs('traceId', body['trace_id'] ?? answer.headers['x-ms-request-id']),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** What it means that there was no answer. */
export function refusalOfSilence({ reason }: OutboundFailure, cancelled: boolean): EntraRefusal {
  switch (reason) {
    case 'aborted':
      return { error: cancelled ? 'cancelled' : 'timeout' };
    case 'too-large':
      return { error: 'bad-answer' };
    case 'refused':
    case 'network':
    case 'timeout':
      return { error: reason };
  }
}

/** The numbers that a description names; the rest of it may name people and is left. */
export function numbersIn(description: unknown): number[] {
  if (typeof description !== 'string') return [];
  return [...description.matchAll(/AADSTS(\d{4,9})/g)].map((match) => Number(match[1]));
}

function textAs<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  return typeof value === 'string' && value !== '' ? ({ [name]: value } as Record<Name, string>) : {};
}

/** RFC 9110 section 10.2.3; at most a day, so that a slip of the server does not stop us for a year. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, 86_400_000) : undefined;
}
