import { type InboxPosition, inboxPositionOf } from '#domain/metadata.ts';
import type { EventLog, ExpectedRevision } from '#ports/event-log.ts';

export type TailResult =
  | { readonly ok: true; readonly revision: ExpectedRevision; readonly position: InboxPosition | undefined }
  | { readonly ok: false; readonly detail: string };

/** Reads the last event of an inbox stream: the checkpoint of its partition. */
export async function readTail(log: Pick<EventLog, 'readStream'>, stream: string): Promise<TailResult> {
  const result = await log.readStream(stream, { direction: 'backwards', limit: 1 });
  if (!result.ok) {
    if (result.reason === 'stream-not-found') return { ok: true, revision: 'no-stream', position: undefined };
    return { ok: false, detail: `${result.reason}: ${result.detail}` };
  }
  const last = result.events[0];
  if (last === undefined)
    return {
      ok: false,
      detail: `every event of ${stream} was cut, so nobody knows how far the hub was read; its last event must never be cut`,
    };
  const position = inboxPositionOf(last.metadata);
  if (position === undefined)
    return {
      ok: false,
      detail: `the last event of ${stream} (revision ${last.revision}) does not say where in the hub it comes from; something else wrote to this stream`,
    };
  return { ok: true, revision: last.revision, position };
}
