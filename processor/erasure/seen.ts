import type { SeenNotice } from '#domain/erasure/person.ts';
import { objectField, textField } from '#domain/notices/fields.ts';
import { judgeCallEvent } from '#domain/notices/recognise-call.ts';
import { valuesInPlace } from '#domain/sealed-places.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { Sealer } from '#ports/sealer.ts';

/** A stored event, as the audit trail has it. */
export interface StoredNotice {
  readonly id: string;
  readonly stream: string;
  readonly data: JsonObject;
}

export type SeenResult =
  | { readonly ok: true; readonly notices: readonly SeenNotice[] }
  | { readonly ok: false; readonly detail: string };

/** What the notices of one call say of who called, unsealed; other events of it are passed over. Refused while the key store is away: what cannot be read would be left out. */
export async function seenIn(
  sealer: Pick<Sealer, 'unseal'>,
  emergencyId: string,
  story: readonly StoredNotice[],
): Promise<SeenResult> {
  const stored = story.filter(({ stream, data }) => stream.startsWith('inbox-') && callIn(data) !== undefined);
  const opened = await sealer.unseal(stored.map((event) => partsOf(valuesInPlace(event).data)));
  const all = Array.isArray(opened) ? opened : [];
  if (JSON.stringify(all).includes('"[locked]"')) return { ok: false, detail: 'the key store does not answer' };
  return { ok: true, notices: stored.map((event, index) => seen(event, emergencyId, all[index])) };
}

export function callIn(data: JsonObject): JsonObject | undefined {
  const inner = data['data'];
  const call = isJsonObject(inner) ? inner['call'] : undefined;
  return isJsonObject(call) ? call : undefined;
}

function partsOf(data: JsonObject): JsonObject {
  const inner = isJsonObject(data['data']) ? data['data'] : {};
  const { chat, content } = inner;
  return { caller: callIn(data)?.['caller'] ?? null, chat: chat ?? null, content: content ?? null };
}

function seen({ id, data }: StoredNotice, emergencyId: string, opened: Json | undefined): SeenNotice {
  const parts = isJsonObject(opened) ? opened : {};
  const caller = objectField(parts, 'caller');
  const content = objectField(parts, 'content');
  const inner = isJsonObject(data['data']) ? data['data'] : {};
  const readable = (name: string) => {
    const text = textField(caller, name);
    return text === undefined || text === '[erased]' || text === '[damaged]' ? undefined : text;
  };
  const person = Object.fromEntries(
    Object.entries({ objectId: readable('id'), upn: readable('upn'), number: readable('callbackNumber') }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const tenant = textField(inner, 'tenantId') ?? 'unknown';
  const tenants = [tenant, ...(content === undefined ? [] : tenantsIn(content))];
  const chat = textField(parts, 'chat');
  const tokens = callIn(data)?.['callerTokens'];
  return {
    ...{ id, emergencyId, person, tenants },
    tokens: Array.isArray(tokens) ? tokens.filter((token) => typeof token === 'string') : [],
    ...(chat === undefined ? {} : { chat: `chat:${tenant}/${chat}`.toLowerCase() }),
  };
}

/** A guest's tenant is not the one that the notice is about. */
function tenantsIn(content: JsonObject): readonly string[] {
  const sender = textField(objectField(objectField(content, 'from'), 'user'), 'tenantId');
  const caller = judgeCallEvent(content, undefined).caller.tenantId;
  return [sender, caller].filter((tenant) => tenant !== undefined);
}
