import type { IdentityTrouble } from './trouble.ts';
import { type IdentityTroubleRow, identityTroubles } from './trouble-table.ts';

/** What is known of a refusal; fields as in Entra's error body, all optional because proxies and outages answer anything. */
export interface EntraRefusal {
  /** OAuth error code, or a word of the table. */
  readonly error?: string;
  /** Numbers without `AADSTS`, the most telling one first. */
  readonly errorCodes?: readonly number[];
  readonly suberror?: string;
  /** A claims challenge: Entra wants an interactive sign-in that meets it. */
  readonly claims?: string;
  readonly httpStatus?: number;
  readonly retryAfterMs?: number;
  readonly correlationId?: string;
  readonly traceId?: string;
}

const byCode: ReadonlyMap<string, IdentityTroubleRow> = new Map(identityTroubles.map((row) => [row.code, row]));

/**
 * Who has to do what about a refusal. A known AADSTS number decides, because only it tells a policy from a password; numbers may change, so where it is
 * not known the HTTP status of an outage, the `suberror`, a claims challenge and the OAuth error decide, in this order. What nobody knows is tried again.
 */
export function classify(refusal: EntraRefusal): IdentityTrouble {
  const { error, errorCodes = [], suberror, claims, httpStatus = 0 } = refusal;
  const numbers = errorCodes.map((number) => `AADSTS${number}`);
  const known = numbers.map((code) => byCode.get(code)).find((row) => row !== undefined);
  if (known !== undefined) return trouble(refusal, known, known.code);

  const outage = httpStatus === 429 ? 'throttled' : httpStatus >= 500 ? 'service-unavailable' : undefined;
  const row =
    rowOf(outage) ??
    rowOf(suberror) ??
    rowOf(claims === undefined ? undefined : 'interaction_required') ??
    rowOf(error) ??
    rowOf('unknown');
  if (row === undefined) throw new Error('the table has no row for what is unknown');
  const word = row.code === 'unknown' && error !== undefined && isCode(error) ? error : row.code;
  return trouble(refusal, row, numbers[0] ?? word);
}

const rowOf = (code: string | undefined) => (code === undefined ? undefined : byCode.get(code));

/** Guards against a server that puts anything else than a code where a code belongs. */
const isCode = (text: string) => /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(text);
const isId = (text: string | undefined): text is string => text !== undefined && /^[0-9A-Za-z-]{8,64}$/.test(text);

function trouble(
  { retryAfterMs, correlationId, traceId }: EntraRefusal,
  row: IdentityTroubleRow,
  code: string,
): IdentityTrouble {
  return {
    kind: row.kind,
    code,
    what: row.what,
    next: row.next,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(isId(correlationId) ? { correlationId } : {}),
    ...(isId(traceId) ? { traceId } : {}),
  };
}
