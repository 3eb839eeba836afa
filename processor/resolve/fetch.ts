import { messageResource } from '#domain/notices/identify.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import type { Graph, GraphFailure } from '#ports/graph.ts';
import type { LargePayloads } from '#ports/large-payloads.ts';
import type { Sealer } from '#ports/sealer.ts';
import type { FetchOutcome } from '#processor/resolve/lane.ts';
import { type RecoverDeps, recoveredNotice } from '#processor/resolve/recovered-notice.ts';
import { readReference } from '#processor/resolve/reference.ts';
import { enqueuedAt, type Fetch, isRaised } from '#processor/resolve/waiting-list.ts';

export interface FetchDeps extends RecoverDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly payloads: LargePayloads;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  /** Of the chat feed's sign-in; absent while there is none: what only Graph can tell waits. */
  readonly graph?: Pick<Graph, 'message'>;
  /** Needed with `graph`: which message a stored notice refers to is sealed. */
  readonly sealer?: Pick<Sealer, 'unseal'>;
}

/** A chat that we may not read any more refuses every time; a permission that is missing may be granted tomorrow. */
export const refusedMs = 24 * 3_600_000;

/** A payload, or a message, may come after the notice that names it, so what is not there yet is looked for this long. */
const comingMs = 120_000;

/** Fetches a payload from Blob storage and publishes it. */
export async function fetchPayload(
  deps: FetchDeps,
  { event, knownAt }: Fetch,
  blobId: string,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const payload = await deps.payloads.fetch(blobId, signal);
  if (!payload.ok) {
    const detail = `${payload.reason}: ${payload.detail}`;
    const isComing = payload.reason === 'not-found' && deps.clock.monotonic() - knownAt < comingMs;
    const again = isComing || payload.reason === 'unavailable' || payload.reason === 'access-denied';
    return again ? { kind: 'later', detail } : lost(event, detail);
  }
  return publishRecovered(deps, event, payload.body);
}

/** Fetches a chat message from Graph and publishes it. */
export async function fetchMessage(deps: FetchDeps, fetch: Fetch, signal: AbortSignal): Promise<FetchOutcome> {
  const { event } = fetch;
  const { graph, sealer } = deps;
  const { data } = event.data;
  if (isJsonObject(data) && data['kind'] === 'emergency-call')
    return { kind: 'given-up', detail: 'Graph has no way to read an event of the emergency feed again' };
  if (graph === undefined || sealer === undefined)
    return { kind: 'later', service: true, detail: 'nobody is signed in to Microsoft Graph' };
  const reference = await readReference(sealer, event);
  if (!reference.ok)
    return reference.reason === 'locked'
      ? { kind: 'later', service: true, detail: 'the key store does not answer' }
      : lost(event, `the reference is not to be read: ${reference.reason}`, reference.reason === 'erased');
  const { chatId, messageId } = reference;
  const found = await beforeAbort(graph.message(chatId, messageId), signal);
  if (found === 'aborted') return { kind: 'later', detail: found };
  if (!found.ok) return outcomeOf(deps, found, fetch);
  const payload = { resource: messageResource(chatId, messageId), resourceData: asMessage(found.value) };
  return publishRecovered(deps, event, new TextEncoder().encode(JSON.stringify(payload)));
}

async function publishRecovered(deps: FetchDeps, event: RecordedEvent, payload: Uint8Array): Promise<FetchOutcome> {
  const recovered = await recoveredNotice(deps, event, payload);
  if (!recovered.ok) return lost(event, recovered.reason);
  const published = await deps.publisher.publish([recovered.message]);
  if (published.ok) return { kind: 'published' };
  const detail = `${published.reason}: ${published.detail}`;
  return published.reason === 'too-large' ? lost(event, detail) : { kind: 'later', service: true, detail };
}

/**
 * Given up. A notice that already raised a call has done so; any other may be one, of either feed, and nobody knows.
 * @param isGone what it referred to was taken away on purpose
 */
function lost(event: RecordedEvent, detail: string, isGone = false): FetchOutcome {
  return { kind: 'given-up', detail, ...(isGone || isRaised(event) ? {} : { lost: true as const }) };
}

function outcomeOf({ clock }: FetchDeps, failure: GraphFailure, { event, knownAt }: Fetch): FetchOutcome {
  const detail = detailOf(failure);
  const knownMs = clock.monotonic() - knownAt;
  if (isServiceAway(failure)) return { kind: 'later', service: true, detail };
  if (failure.reason === 'forbidden' && knownMs < refusedMs) return { kind: 'later', detail };
  const waitedMs = Math.max(knownMs, clock.now() - Date.parse(enqueuedAt(event)));
  if (failure.reason === 'not-found' && waitedMs < comingMs && !tellsOfDeletion(event))
    return { kind: 'later', absent: true, detail };
  // Whoever posted a message that is not there any more has deleted it.
  return lost(event, detail, failure.reason === 'not-found');
}

function tellsOfDeletion({ data: { data } }: RecordedEvent): boolean {
  return isJsonObject(data) && String(data['changeType']).toLowerCase() === 'deleted';
}

/** True where nothing else could be had from Graph either, and waiting helps. */
export function isServiceAway(failure: GraphFailure): boolean {
  switch (failure.reason) {
    case 'identity':
    case 'unauthorised':
    case 'unavailable':
    case 'unknown-outcome':
    case 'throttled':
    case 'quota':
      return true;
    // Refused before it was sent: by our own rules for hosts, which the settings can change.
    case 'rejected':
      return failure.status === undefined && failure.code === undefined;
    default:
      return false;
  }
}

/** For operators. */
export function detailOf(failure: GraphFailure): string {
  return failure.reason === 'identity'
    ? `${failure.trouble.what} ${failure.trouble.next}`
    : `${failure.reason}: ${failure.detail}`;
}

/** Graph gives a message that was asked for without its type; a notice says it. */
export function asMessage(message: JsonObject): JsonObject {
  return { '@odata.type': '#Microsoft.Graph.chatMessage', ...message };
}

/** The promise's value, or that the signal was first: nobody waits at the end for an answer that may take half a minute. */
export function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve('aborted');
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
