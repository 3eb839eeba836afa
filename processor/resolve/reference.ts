import { isSealed } from '#domain/personal.ts';
import { valuesInPlace } from '#domain/sealed-places.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { Sealer } from '#ports/sealer.ts';

export type Reference =
  | { readonly ok: true; readonly chatId: string; readonly messageId: string }
  | { readonly ok: false; readonly reason: 'locked' | 'erased' | 'damaged' | 'names-no-message' };

/** The chat and the message that a stored notice refers to; both are sealed, because the id of a chat names people. */
export async function readReference(sealer: Pick<Sealer, 'unseal'>, event: RecordedEvent): Promise<Reference> {
  const reference = referenceIn(valuesInPlace(event).data['data']);
  if (!isJsonObject(reference) || !isSealed(reference)) return { ok: false, reason: 'names-no-message' };
  // An object that cannot be opened is absent whatever the reason; the same box taken for a string says it.
  const sealed: JsonObject = { ...reference };
  const opened = await sealer.unseal({ plain: { reference: sealed }, why: { reference: { ...sealed, as: 'string' } } });
  const plain = isJsonObject(opened) ? referenceIn(opened['plain']) : undefined;
  if (!isJsonObject(plain)) {
    const why = isJsonObject(opened) ? referenceIn(opened['why']) : undefined;
    const reason = why === '[locked]' ? 'locked' : why === '[erased]' ? 'erased' : 'damaged';
    return { ok: false, reason };
  }
  const { chatId, messageId } = plain;
  return typeof chatId === 'string' && typeof messageId === 'string'
    ? { ok: true, chatId, messageId }
    : { ok: false, reason: 'names-no-message' };
}

function referenceIn(data: Json | undefined): Json | undefined {
  return isJsonObject(data) ? data['reference'] : undefined;
}
