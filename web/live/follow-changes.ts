import type { EmergencyChange, EmergencyReads } from '#web/desk-data.ts';
import type { ClientQueue } from '#web/live/client-queue.ts';
import { encodeSse } from '#web/live/sse.ts';

const pageSize = 200;

/** A change goes to many pages, but is put into bytes' form once. */
const encoded = new WeakMap<object, string>();

function encode({ position, emergency }: EmergencyChange): string {
  const known = encoded.get(emergency);
  if (known !== undefined) return known;
  const text = encodeSse({ event: 'emergency', id: position, data: emergency });
  encoded.set(emergency, text);
  return text;
}

/** Milliseconds between looks whether a read model that has just been opened knows the whole log. */
const catchingUpMs = 100;

/**
 * Sends every change after `after` to one client, in log order and each once; without `after`, or where the log ends before it (it was restored from a backup),
 * every open emergency first. While it catches up it takes from the read model at the client's own pace; once it is level, changes are pushed as they come.
 * @returns how to end it
 */
export function followChanges(
  reads: EmergencyReads,
  queue: ClientQueue,
  after: string | undefined,
  onFailure: (error: unknown) => void,
): () => void {
  let cursor = after;
  let level = false;
  let missed = false;

  const send = (change: EmergencyChange) => queue.send(encode(change));

  const unsubscribe = reads.subscribe((change) => {
    if (!level) missed = true;
    else if (cursor === undefined || change.position > cursor) {
      cursor = change.position;
      send(change);
    }
  }, onFailure);

  /** Whether the log ends before a position; asked until the read model knows where the log ends. */
  async function isBeyondTheLog(position: string): Promise<boolean> {
    for (;;) {
      const upTo = await reads.upTo();
      if (upTo !== undefined) return upTo < position;
      if (queue.ended) return false;
      await new Promise((resolve) => setTimeout(resolve, catchingUpMs).unref());
    }
  }

  async function catchUp() {
    if (cursor !== undefined && (await isBeyondTheLog(cursor))) cursor = undefined;
    if (cursor === undefined) {
      const open = await reads.open();
      for (const change of open.changes) {
        if (!send(change)) return;
        await queue.drained();
      }
      cursor = open.position;
    }
    while (!queue.ended) {
      missed = false;
      const changes: readonly EmergencyChange[] = await reads.changesAfter(cursor, pageSize);
      for (const change of changes) {
        if (!send(change)) return;
        await queue.drained();
        cursor = change.position;
      }
      // Nothing is awaited between this look and the switch, so no change can slip in between.
      if (changes.length < pageSize && !missed) {
        level = true;
        return;
      }
    }
  }

  catchUp().catch(onFailure);
  return unsubscribe;
}
