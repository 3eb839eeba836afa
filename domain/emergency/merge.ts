import type { ReportedCall } from '#domain/emergency/events.ts';
import type { KnownCall } from '#domain/emergency/state.ts';
import { isJsonObject } from '#kernel/json.ts';

/**
 * How reports of one call become one picture of it.
 *
 * - What is known is never erased: a report without a field leaves it as it is.
 * - What is missing is filled by whichever report has it.
 * - A field that several reports have is taken from the best of them: what the emergency events feed says in fields of its own beats what
 *   was read out of a chat message's text, a surer reading beats a less sure one, and of equals the later one counts.
 * - What a notice with a wrong `clientState` says only ever fills holes: it may come from anybody.
 * - Latitude and longitude are one value: never one of one report and one of another.
 * - The time of the call is the earliest among equals: a notice of its end is later than the call.
 * - It is a test only if every report that knows the dialled number says so, and none names another number: a real call is never made quiet by another report.
 */
export function mergeReport(known: KnownCall, report: ReportedCall): KnownCall {
  const rank = rankOf(report);
  const from: Record<string, number> = { ...known.from };
  const better = (field: string): boolean => rank >= (from[field] ?? Number.NEGATIVE_INFINITY);
  const take = <T>(field: string, old: T | undefined, now: T | undefined): T | undefined => {
    if (now === undefined || (old !== undefined && !better(field))) return old;
    from[field] = rank;
    return now;
  };

  const merged = {
    ...known,
    confidence: surer(known.confidence, confidenceOf(report)),
    verified: known.verified || isVerified(report),
    trusted: known.trusted || isTrusted(report),
    reasons: union(known.reasons, report.reasons),
    feeds: union(known.feeds, [report.feed]),
    providerCalls: hasProviderCall(known, report)
      ? known.providerCalls
      : [...known.providerCalls, providerCallOf(report)],
    callerTokens: union(known.callerTokens, report.callerTokens),
    chatTokens: union(known.chatTokens, present(report.chatToken)),
    contentTokens: union(known.contentTokens, present(report.contentToken)),
    receivedAt: earliest(known.receivedAt, report.receivedAt),
    ...mergeTest(known, report, from),
  };
  const occurredAt = mergeTime(known, report, from);
  const caller = mergeGroup('caller', known.caller, report.caller, take);
  const location = mergeGroup('location', known.location, report.location, take);
  return withoutAbsent({
    ...merged,
    occurredAt,
    caller,
    location,
    dialledNumber: take('dialledNumber', known.dialledNumber, report.dialledNumber),
    policy: take('policy', known.policy, report.policy),
    text: take('text', known.text, report.text),
    language: take('language', known.language, report.language),
    callEventType: take('callEventType', known.callEventType, report.callEventType),
    from,
  });
}

/** What the first report alone says. */
export function knownFrom(report: ReportedCall): KnownCall {
  const nothing: KnownCall = {
    ...{
      confidence: 'low',
      verified: false,
      trusted: false,
      reasons: [],
      feeds: [],
      providerCalls: [],
      callerTokens: [],
    },
    ...{ chatTokens: [], contentTokens: [], test: report.test, receivedAt: report.receivedAt, from: {} },
  };
  return mergeReport(nothing, report);
}

/**
 * True when a report changes what is known. Sealed values of two reports cannot be compared; their content tokens can. Where a report has none, another
 * value in place of one that is as good counts as a repetition.
 */
export function bringsNews(known: KnownCall, report: ReportedCall): boolean {
  const { contentToken } = report;
  // Word for word what was told before: of what came in between it takes nothing back, not even where it is judged again after a crash.
  if (contentToken !== undefined && known.contentTokens.includes(contentToken)) return false;
  const merged = mergeReport(known, report);
  if (Object.entries(merged.from).some(([field, rank]) => rank > (known.from[field] ?? Number.NEGATIVE_INFINITY)))
    return true;
  if (outline(known) !== outline(merged)) return true;
  return contentToken !== undefined && known.contentTokens.length > 0 && isTrusted(report);
}

/** Which fields are known and what can be compared of them; neither where they came from nor what repetitions change. */
function outline({ from: _from, contentTokens: _tokens, receivedAt: _received, ...rest }: KnownCall): string {
  return JSON.stringify(withoutValues(rest));
}

/** How far a report may be believed against others: higher wins. */
function rankOf(report: ReportedCall): number {
  if (!isTrusted(report)) return -1;
  return (report.feed === 'events' ? 10 : 0) + confidences.indexOf(report.confidence);
}

/** False for a notice that carried a secret that is none of ours. */
export function isTrusted(report: Pick<ReportedCall, 'reasons'>): boolean {
  return !report.reasons.includes('client-state-mismatch');
}

const confidences = ['low', 'medium', 'high'] as const;
type Confidence = (typeof confidences)[number];

function confidenceOf(report: ReportedCall): Confidence {
  return isTrusted(report) ? report.confidence : 'low';
}

function isVerified(report: ReportedCall): boolean {
  return confidenceOf(report) !== 'low';
}

function surer(a: Confidence, b: Confidence): Confidence {
  return confidences.indexOf(a) >= confidences.indexOf(b) ? a : b;
}

export function hasProviderCall(known: KnownCall, report: Pick<ReportedCall, 'emergencyId'>): boolean {
  return known.providerCalls.some(({ call }) => call === report.emergencyId);
}

function providerCallOf(report: ReportedCall) {
  return { feed: report.feed, call: report.emergencyId };
}

/**
 * Only the number that Teams says was dialled shows what a call is. One that stands in a chat message's text may be that of a house, so alone it says nothing;
 * beside a test it has to be the test's own, or the call counts as real from then on.
 */
function mergeTest(known: KnownCall, report: ReportedCall, from: Record<string, number>): { readonly test: boolean } {
  const rank = isTrusted(report) ? 1 : 0;
  if (rank === 1 && namesAnother(known, report) && !(known.test && report.test)) {
    from['test'] = rank;
    return { test: false };
  }
  const knows = report.test || (report.feed === 'events' && report.dialledNumber !== undefined);
  if (!knows || (rank === 0 && known.trusted)) return { test: known.test };
  const before = from['test'];
  if (before === undefined || rank > before) {
    from['test'] = rank;
    return { test: report.test };
  }
  return { test: rank < before ? known.test : known.test && report.test };
}

/** True when a report names another number than one that is believed. */
function namesAnother({ dialledNumber, from }: KnownCall, report: ReportedCall): boolean {
  const isBelieved = dialledNumber !== undefined && (from['dialledNumber'] ?? 0) >= 0;
  return isBelieved && report.dialledNumber !== undefined && report.dialledNumber !== dialledNumber;
}

function mergeTime(known: KnownCall, report: ReportedCall, from: Record<string, number>): string | undefined {
  const { occurredAt } = report;
  if (occurredAt === undefined) return known.occurredAt;
  const rank = rankOf(report);
  const before = from['occurredAt'] ?? Number.NEGATIVE_INFINITY;
  if (known.occurredAt === undefined || rank > before) {
    from['occurredAt'] = rank;
    return occurredAt;
  }
  return rank === before ? earliest(known.occurredAt, occurredAt) : known.occurredAt;
}

type Take = <T>(field: string, old: T | undefined, now: T | undefined) => T | undefined;

/** Never throws, whatever stands where fields belong: the log has events of other builds and other hands. */
function mergeGroup<G extends object>(name: string, old: G | undefined, now: G | undefined, take: Take): G | undefined {
  if (!isJsonObject(now)) return old;
  const group: Record<string, unknown> = { ...old };
  const whole: Record<string, unknown> = now;
  for (const [field, value] of Object.entries(whole)) {
    if (field === 'latitude' || field === 'longitude' || value === null) continue;
    group[field] = take(`${name}.${field}`, group[field], value);
  }
  if (isThere(whole['latitude']) && isThere(whole['longitude'])) {
    const point = take(`${name}.point`, pointOf(group), pointOf(whole));
    Object.assign(group, point);
  }
  return Object.keys(group).length === 0 ? undefined : (group as G);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function pointOf(group: Record<string, unknown>): object | undefined {
  const { latitude, longitude } = group;
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Which fields are known, and the values of those that are not sealed. */
function withoutValues(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutValues);
  if ('$sealed' in value) return true;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, withoutValues(member)]),
  );
}

function withoutAbsent<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return b.every((each) => a.includes(each)) ? a : [...new Set([...a, ...b])];
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

function earliest(a: string, b: string): string {
  return Date.parse(b) < Date.parse(a) ? b : a;
}
