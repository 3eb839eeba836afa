import { classify, readFailure, type VendorFailure } from '#adapters/eventstoredb/errors.ts';
import { encodeEvents } from '#adapters/eventstoredb/events.ts';
import { toKnownPosition, type VendorPosition } from '#adapters/eventstoredb/position.ts';
import { currentRevision, type ReadDeps } from '#adapters/eventstoredb/read.ts';
import { lateDetail, within } from '#adapters/eventstoredb/timer.ts';
import type { AppendResult, ExpectedRevision, NewEvent } from '#ports/event-log.ts';

/** Why a stream must not be named in an append; undefined where it may. A name of `$$` alone would end the server process. */
export function refusedName(stream: string): string | undefined {
  if (stream === '') return 'the stream name is empty';
  return stream.startsWith('$$') ? 'metadata streams are written by writeStreamMetadata' : undefined;
}

/**
 * Appends under our own timer: the client's deadline cannot be relied on. After it the outcome is unknown, as it is after every error that
 * does not say that nothing was written.
 * @param stream checked by the caller
 */
export async function append(
  deps: ReadDeps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  timeoutMs: number,
): Promise<AppendResult> {
  if (expected !== 'no-stream' && !(Number.isSafeInteger(expected) && expected >= 0)) {
    return { ok: false, reason: 'invalid', detail: 'the expected revision is no whole number from 0 upwards' };
  }
  const encoded = encodeEvents(events);
  if (!encoded.ok) return { ok: false, reason: 'invalid', detail: encoded.detail };
  if (encoded.events.length === 0) return appendNothing(deps, stream, expected);
  const { client, appendCredentials } = deps.vendor;
  const work = client.appendToStream(stream, encoded.events, {
    expectedRevision: expected === 'no-stream' ? 'no_stream' : BigInt(expected),
    credentials: appendCredentials,
    deadline: timeoutMs,
  });
  const outcome = await within(deps, timeoutMs, work.then(succeeded, failed));
  return outcome === 'late' ? { ok: false, reason: 'unknown-outcome', detail: lateDetail(deps, timeoutMs) } : outcome;
}

/** The client misreads the server's answer to an append of nothing, so none is sent. */
async function appendNothing(deps: ReadDeps, stream: string, expected: ExpectedRevision): Promise<AppendResult> {
  const current = await currentRevision(deps, stream);
  if (!current.ok) return current;
  if (current.revision === 'hidden' || current.revision === expected) {
    return { ok: true, revision: expected === 'no-stream' ? -1 : expected, position: undefined };
  }
  return { ok: false, reason: 'wrong-expected-revision', actual: current.revision };
}

function succeeded(result: {
  readonly nextExpectedRevision: bigint;
  readonly position?: VendorPosition | undefined;
}): AppendResult {
  return { ok: true, revision: Number(result.nextExpectedRevision), position: toKnownPosition(result.position) };
}

function failed(error: unknown): AppendResult {
  return appendFailure(classify(error));
}

/** What a failure means for an append. */
export function appendFailure(failure: VendorFailure): AppendResult {
  switch (failure.kind) {
    case 'wrong-expected-revision':
      return { ok: false, reason: failure.kind, actual: failure.actual };
    case 'too-large':
      return { ok: false, reason: failure.kind, limit: failure.limit };
    case 'invalid':
      return { ok: false, reason: failure.kind, detail: failure.detail };
    case 'unclear':
      return { ok: false, reason: 'unknown-outcome', detail: failure.detail };
    default:
      return readFailure(failure);
  }
}
