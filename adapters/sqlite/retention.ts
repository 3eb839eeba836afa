import { isJsonObject } from '#kernel/json.ts';

/** What a stream's metadata says about how much of it may be read. */
export interface Retention {
  readonly truncateBefore: number | undefined;
  readonly maxCount: number | undefined;
  /** Seconds. */
  readonly maxAge: number | undefined;
}

/** `$tb` of a soft-deleted stream (2^63-1 in the metadata itself). */
export const truncatedForEver: number = Number.MAX_SAFE_INTEGER;
/** What is written into the metadata of a soft-deleted stream. As text, because no number of JavaScript holds it. */
export const softDeleteMetadata = '{"$tb":9223372036854775807}';

const nothing: Retention = { truncateBefore: undefined, maxCount: undefined, maxAge: undefined };

/** Name of the stream that holds the metadata of a stream. */
export function metadataStreamOf(stream: string): string {
  return `$$${stream}`;
}

/** The stream whose metadata a stream holds, undefined for all others. */
export function describedBy(stream: string): string | undefined {
  return stream.startsWith('$$') ? stream.slice(2) : undefined;
}

/** Reads `$tb`, `$maxCount` and `$maxAge`; what cannot be read limits nothing, as with the real server. */
export function retentionOf(metadata: string): Retention {
  const parsed = parseObject(metadata);
  return parsed === undefined
    ? nothing
    : {
        truncateBefore: wholeNumber(parsed['$tb'], 0),
        maxCount: wholeNumber(parsed['$maxCount'], 1),
        maxAge: wholeNumber(parsed['$maxAge'], 1),
      };
}

/** The metadata with another `$tb`, all other keys kept. */
export function withTruncateBefore(metadata: string, truncateBefore: number): string {
  return JSON.stringify({ ...parseObject(metadata), $tb: truncateBefore });
}

/** First revision that may be read as far as `$tb` and `$maxCount` go; streams of metadata show their last event only. */
export function firstReadable(stream: string, lastRevision: number, retention: Retention): number {
  const maxCount = retention.maxCount ?? (describedBy(stream) === undefined ? undefined : 1);
  return Math.max(retention.truncateBefore ?? 0, maxCount === undefined ? 0 : lastRevision + 1 - maxCount);
}

/** Events created before this moment (milliseconds) are cut by `$maxAge`. */
export function oldestReadable(retention: Retention, now: number): number {
  return retention.maxAge === undefined ? Number.NEGATIVE_INFINITY : now - retention.maxAge * 1000;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function wholeNumber(value: unknown, least: number): number | undefined {
  if (typeof value !== 'number' || value < least) return undefined;
  return Math.min(Math.floor(value), truncatedForEver);
}
