import { eventMetadata, type RecordedBy } from '#domain/metadata.ts';
import { quarantineStream } from '#domain/quarantine/events.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Ids } from '#ports/ids.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import { type AppendBehindDeps, type AppendedBehind, appendBehind } from '#processor/append-behind.ts';
import { type Actor, sealWho } from '#processor/who.ts';

export interface RepublishActDeps extends AppendBehindDeps {
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly keyStore: Pick<KeyStore, 'token'>;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
}

/**
 * Puts on record that somebody wants the bytes of a stored event to be published to the hub again; the role `resolve` does it. `needless`: it was asked for and is not done
 * yet. That record is also the one of who looked: nobody is shown the bytes.
 */
export async function requestRepublishing(
  deps: RepublishActDeps,
  { id, stream, revision }: { readonly id: string; readonly stream: string; readonly revision: number },
  actor: Actor,
): Promise<AppendedBehind> {
  const eventId = deps.ids.random();
  const sealed = await sealWho(deps, eventId, actor);
  if (!sealed.ok) return { ok: false, reason: 'unavailable', detail: sealed.detail };
  const now = deps.clock.now();
  const data = { ...sealed.who, at: new Date(now).toISOString(), stream, revision };
  const event = {
    ...{ id: eventId, type: 'RepublishingRequested', data: data as unknown as JsonObject },
    metadata: eventMetadata(deps.recordedBy, now, id, id),
  };
  return appendBehind(deps, quarantineStream(id), event, (last) => last?.type === event.type);
}
