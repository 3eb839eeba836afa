import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { GraphFailure } from '#ports/graph.ts';
import type { OutboundFailure, OutboundResponse } from '#ports/outbound.ts';

/** A failure, and whether the same request may help. */
export interface Verdict {
  readonly failure: GraphFailure;
  /** It was surely not carried out, or carrying it out twice is the same as once. */
  readonly again: boolean;
}

/** Why a request has no answer. */
export function noAnswer(failure: OutboundFailure, repeatable: boolean): Verdict {
  const { reason, detail, sent } = failure;
  if (reason === 'refused') return { failure: { ok: false, reason: 'rejected', detail }, again: false };
  if (sent && !repeatable) return { failure: { ok: false, reason: 'unknown-outcome', detail }, again: false };
  if (reason === 'too-large') return { failure: { ok: false, reason: 'rejected', detail }, again: false };
  return { failure: { ok: false, reason: 'unavailable', detail }, again: reason !== 'aborted' };
}

/** What an answer says that is no success. Statuses: "Microsoft Graph error responses and resource types". */
export function refusal(response: OutboundResponse, repeatable: boolean, retryAfter: number | undefined): Verdict {
  const { status } = response;
  const error = errorOf(response.text);
  const requestId = requestIdOf(response);
  const context = {
    ok: false as const,
    detail: presentable(error.message) ?? error.code ?? `HTTP ${status}`,
    status,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  const final = (failure: GraphFailure): Verdict => ({ failure, again: false });
  const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter };
  if (isThrottling(status)) return { failure: { ...context, reason: 'throttled', ...wait }, again: true };
  if (status >= 500 || status === 408 || status === 425 || status === 423)
    return repeatable
      ? { failure: { ...context, reason: 'unavailable', ...wait }, again: true }
      : final({ ...context, reason: 'unknown-outcome' });
  switch (status) {
    case 401:
      return final({ ...context, reason: 'unauthorised' });
    case 403:
      return final({ ...context, reason: isQuota(error) ? 'quota' : 'forbidden' });
    case 404:
    case 410:
      return final({ ...context, reason: 'not-found' });
    case 409: {
      const existingId = guid.exec(error.message ?? '')?.[0];
      return final({ ...context, reason: 'conflict', ...(existingId === undefined ? {} : { existingId }) });
    }
    default:
      return final({ ...context, reason: 'rejected' });
  }
}

/** 509 is what some workloads say for 429. */
export const isThrottling = (status: number): boolean => status === 429 || status === 509;

/** An answer that says success and is not what was asked for: something stands between us and Graph, or it is broken. */
export function garbage(response: OutboundResponse, repeatable: boolean): Verdict {
  const requestId = requestIdOf(response);
  const failure: GraphFailure = {
    ok: false,
    reason: repeatable ? 'unavailable' : 'unknown-outcome',
    detail: 'the answer is not what Graph answers',
    status: response.status,
    ...(requestId === undefined ? {} : { requestId }),
  };
  return { failure, again: repeatable };
}

export function requestIdOf({ headers, text }: OutboundResponse): string | undefined {
  const named = headers['request-id'] ?? innerRequestId(text);
  return named !== undefined && /^[\w.:-]{1,128}$/.test(named) ? named : undefined;
}

interface GraphError {
  readonly code?: string;
  readonly message?: string;
}

function errorOf(text: string): GraphError {
  const error = parsed(text)?.['error'];
  if (!isJsonObject(error)) return {};
  const { code, message } = error;
  return {
    ...(typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

function innerRequestId(text: string): string | undefined {
  const error = parsed(text)?.['error'];
  const inner = isJsonObject(error) ? (error['innerError'] ?? error['innererror']) : undefined;
  const id = isJsonObject(inner) ? inner['request-id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** The body's object; undefined where it is none. */
export function parsed(text: string): JsonObject | undefined {
  if (text === '') return undefined;
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isJsonObject(value) ? value : undefined;
}

const guid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

/** 403 with a limit in its message ("Set up notifications for changes in resource data", Teams limits). */
function isQuota({ code, message }: GraphError): boolean {
  return /\b(?:limits?|quota|exceed(?:s|ed)?|maximum)\b/i.test(`${message ?? ''} ${code ?? ''}`);
}

/**
 * Graph's message without what it may repeat of ours or of people's: ids, addresses, ids of chats, URLs and everything long enough to be a secret; one line.
 */
function presentable(message: string | undefined): string | undefined {
  if (message === undefined) return undefined;
  const text = message
    .slice(0, 2_000)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\w+.-]+:[^\s'"<>]*\/\/?[^\s'"<>]*/gu, '<url>')
    .replace(/(?<!\w)(?:19|48):[^\s'")\]]+/gu, '<chat>')
    .replace(/[^\s'"<>(:;,]+@[^\s'"<>),;]+/gu, '<address>')
    .replace(new RegExp(guid, 'gi'), '<id>')
    .replace(/[\w+/=.~-]{24,}/gu, (long) => (/\d/.test(long) || /[+/=]/.test(long) || long.length > 60 ? '<…>' : long))
    .replace(/(['"])(?!<)[^'"]{13,}\1/gu, '$1…$1')
    .trim();
  return text === '' ? undefined : text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
