/** No answer makes us wait longer than this before the caller is told instead. */
const longestMs = 24 * 3_600_000;

/**
 * Milliseconds that `Retry-After` asks for: a number of seconds or an HTTP date (RFC 9110 section 10.2.3). Undefined where it is absent or neither.
 * @param serverNow the other side's clock, milliseconds since 1970 UTC: a date is in its time, not in ours
 */
export function retryAfterMs(header: string | undefined, serverNow: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Math.min(longestMs, Math.ceil(Number(text) * 1000));
  // Only what begins like an HTTP date: Date.parse takes nearly everything for one.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.min(longestMs, Math.max(0, at - serverNow));
}
