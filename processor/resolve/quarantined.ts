import { namespace } from '#domain/names.ts';
import type { RepublishOutcome } from '#domain/quarantine/events.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { RecordedEvent } from '#ports/event-log.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import type { Sealer } from '#ports/sealer.ts';

export interface QuarantinedDeps {
  readonly sealer: Pick<Sealer, 'openQuarantine'>;
  /** The `clientState` that ingest will take as proof that we made the notice. */
  readonly clientState: (event: RecordedEvent) => string | undefined;
}

export type Quarantined =
  | { readonly ok: true; readonly message: MessageToPublish }
  | { readonly ok: false; readonly outcome: Exclude<RepublishOutcome, 'published'> }
  | { readonly ok: false; readonly outcome: 'later'; readonly detail: string };

/** As much is kept of what nobody could read (domain/notices/envelope.ts `toQuarantine`): what is as long was cut. */
const bound = 64 * 1024;

/**
 * The message whose bytes lie in the quarantine of a stored event, to be published once more. Secrets were taken out of what was JSON: where the first one's was not wrong, a proof of ours
 * takes its place. Where it came from, what it was read of now can tell: it belongs to whatever the first one raised.
 */
export async function quarantinedMessage(deps: QuarantinedDeps, event: RecordedEvent): Promise<Quarantined> {
  const data = isJsonObject(event.data['data']) ? event.data['data'] : {};
  const { quarantine } = data;
  if (!isJsonObject(quarantine)) return { ok: false, outcome: 'missing' };
  const { day, box } = quarantine;
  if (typeof day !== 'string' || typeof box !== 'string') return { ok: false, outcome: 'damaged' };
  if (box === '') return { ok: false, outcome: 'destroyed' };
  const opened = await deps.sealer.openQuarantine(day, event.id, box);
  if (!opened.ok)
    return opened.reason === 'unavailable'
      ? { ok: false, outcome: 'later', detail: opened.detail }
      : { ok: false, outcome: opened.reason };
  const value = parse(opened.bytes);
  if (value === undefined && opened.bytes.length >= bound) return { ok: false, outcome: 'cut' };
  const check = data['clientStateCheck'];
  const proof = check === 'match' || check === 'unchecked' ? deps.clientState(event) : undefined;
  const { enqueuedAt } = event.metadata;
  return {
    ok: true,
    message: {
      body: value === undefined || proof === undefined ? opened.bytes : bytesOf(withProof(value, proof)),
      contentType: 'application/json',
      messageId: uuid5(namespace, `republished|${event.id}`),
      properties: {
        'tocsin-recovered': true,
        'tocsin-original-event': event.id,
        ...(typeof enqueuedAt === 'string' ? { 'tocsin-original-enqueued-at': enqueuedAt } : {}),
      },
    },
  };
}

/** Into the one notification that it holds: of a collection, of a CloudEvent, or by itself. */
function withProof(value: Json, clientState: string): Json {
  if (!isJsonObject(value)) return value;
  const { value: list, data } = value;
  if (Array.isArray(list) && list.length === 1)
    return { ...value, value: list.map((one) => withProof(one, clientState)) };
  if (value['specversion'] !== undefined)
    return isJsonObject(data) ? { ...value, data: withProof(data, clientState) } : value;
  return { ...value, clientState } satisfies JsonObject;
}

function parse(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch {
    return undefined;
  }
}

function bytesOf(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
