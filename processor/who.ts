import type { ProvedHow, ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom, Sealed } from '#domain/emergency/events.ts';
import { personal } from '#domain/personal.ts';
import { isJsonObject } from '#kernel/json.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';

/** Who acts, and over which way. `by` is claimed, unless `proved` says who it is. */
export interface Actor {
  readonly by: string;
  readonly from: ActedFrom;
  readonly proved?: ProvedPerson;
}

/** The same as an event has it: the name sealed, the token the same for the same person. */
interface SealedWho {
  readonly by: Sealed;
  readonly byToken: string;
  readonly proved?: ProvedHow;
  readonly over: ActedFrom;
}

/** Seals the name for the member `by` of that event. Two people of the same name are one while names are claimed; whoever was proved is one person whatever the name. */
export async function sealWho(
  deps: { readonly sealer: Pick<Sealer, 'seal'>; readonly keyStore: Pick<KeyStore, 'token'> },
  eventId: string,
  { by, from, proved }: Actor,
): Promise<{ readonly ok: true; readonly who: SealedWho } | { readonly ok: false; readonly detail: string }> {
  const subject = proved?.subject ?? `responder:${by.trim()}`;
  const sealed = await deps.sealer.seal([{ eventId, document: { by: personal(subject, by) } }]);
  if (!sealed.ok) return sealed;
  const document = sealed.documents[0];
  if (document === undefined || !isJsonObject(document)) throw new TypeError('the sealer lost a document');
  const who = {
    by: document['by'] as unknown as Sealed,
    byToken: deps.keyStore.token([subject.toLowerCase()])[0] ?? '',
    ...(proved === undefined ? {} : { proved: proved.how }),
    over: from,
  };
  return { ok: true, who };
}
