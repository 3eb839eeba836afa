import { isTimestamp } from '#domain/notices/decode-cloud-event.ts';

/** Before this nobody made a call through Teams: what senders write for "no time" (year 1, 1970) lies before it. */
const earliest = Date.UTC(2010, 0, 1);

/** How far the sender's clock may be ahead of the hub's before its time is not believed, milliseconds. */
const aheadBound = 24 * 3_600_000;

/**
 * A time from outside as ISO 8601 UTC with milliseconds; Graph sends seven digits of a second. Undefined when it is no RFC 3339 time or cannot be true.
 * @param enqueuedAt when the hub got it, milliseconds since 1970 UTC
 */
export function believable(time: string | undefined, enqueuedAt: number): string | undefined {
  const iso = toIso(time);
  if (iso === undefined) return undefined;
  const at = Date.parse(iso);
  return at >= earliest && at <= enqueuedAt + aheadBound ? iso : undefined;
}

/** Notices of one subscription all say the same time of expiry: the last answer is kept. */
let last: { readonly time: string; readonly iso: string | undefined } = { time: '', iso: undefined };

/** As {@link believable}, for times that may lie ahead. */
export function toIso(time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  if (time !== last.time) last = { time, iso: isoOf(time) };
  return last.iso;
}

function isoOf(time: string): string | undefined {
  // Some members come without an offset; Graph's times are UTC.
  const zoned = /[Zz]$|[+-]\d\d:\d\d$/.test(time) ? time : `${time}Z`;
  if (!isTimestamp(zoned)) return undefined;
  const date = new Date(zoned.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** What was asked last: each message's own time is asked for several times, and making the text costs as much as reading the message. */
let lastMs = 0;
let lastText = new Date(lastMs).toISOString();

/** @param ms milliseconds since 1970 UTC */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
