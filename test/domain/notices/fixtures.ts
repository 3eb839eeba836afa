import { readdirSync, readFileSync } from 'node:fs';
import { decodeMessage, type MessageToDecode } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { DraftContext, EventDraft, Item, Opened } from '#domain/notices/item.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import { isPersonal } from '#domain/personal.ts';
import type { Json, JsonObject } from '#kernel/json.ts';

const folder = new URL('../../fixtures/notices/', import.meta.url);

/** A message of the hub as a file: its body as JSON, and what its encrypted items hold once they were opened. */
interface Fixture {
  readonly contentType?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly body: Json;
  readonly opened?: JsonObject;
}

export const fixtureNames = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

export function fixture(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Fixture;
}

export function bytes(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function messageOf(of: Fixture): MessageToDecode {
  return { body: bytes(of.body), contentType: of.contentType, properties: of.properties ?? {} };
}

const enqueuedAt = Date.parse('2025-11-21T12:00:01.000Z');

export function contextOf(more: Partial<DraftContext> = {}): DraftContext {
  return {
    eventId: '99999999-9999-5999-8999-999999999999',
    enqueuedAt,
    body: new Uint8Array(),
    clientState: 'match',
    testNumbers: ['933'],
    phrases: defaultPhrases,
    ...more,
  };
}

/** The items of a fixture and the drafts of them. */
export function drafted(
  name: string,
  more: Partial<DraftContext> = {},
): { items: readonly Item[]; drafts: readonly EventDraft[] } {
  const of = fixture(name);
  const message = messageOf(of);
  const items = decodeMessage(message);
  const drafts = items.map((item) =>
    draftEvent(item, openedOf(item, of.opened), contextOf({ body: message.body, ...more })),
  );
  return { items, drafts };
}

export function openedOf(item: Item, resource: JsonObject | undefined): Opened | undefined {
  if (!('content' in item) || item.content.at !== 'encrypted') return undefined;
  return resource === undefined ? { ok: false, reason: 'key-unknown' } : { ok: true, resource };
}

/** The only draft of a fixture with one item. */
export function draftOf(name: string, more: Partial<DraftContext> = {}): EventDraft {
  return drafted(name, more).drafts[0]!;
}

/** A chat message with members replaced, as the draft of a rich notification. */
export function draftChat(more: JsonObject, context: Partial<DraftContext> = {}): EventDraft {
  const of = fixture('chat-rich');
  const item = decodeMessage(messageOf(of))[0]!;
  return draftEvent(item, { ok: true, resource: { ...of.opened, ...more } }, contextOf(context));
}

/** An event of the emergency feed with members of its inner object replaced. */
export function draftEmergency(more: JsonObject, context: Partial<DraftContext> = {}): EventDraft {
  const of = fixture('emergency-nested');
  const item = decodeMessage(messageOf(of))[0]!;
  const event = of.opened?.['emergencyCallEvent'] as JsonObject;
  return draftEvent(
    item,
    { ok: true, resource: { ...of.opened, emergencyCallEvent: { ...event, ...more } } },
    contextOf(context),
  );
}

/** A value with every personal one in it replaced by what stands in it, so that a test can compare it. */
export function inTheClear(value: unknown): unknown {
  if (isPersonal(value)) return value.$personal.value;
  if (Array.isArray(value)) return value.map(inTheClear);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inTheClear(each)]));
}

/** What would be stored in the clear: every personal value left out. */
export function withoutPersonal(value: unknown): unknown {
  if (isPersonal(value)) return '[sealed]';
  if (Array.isArray(value)) return value.map(withoutPersonal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutPersonal(each)]));
}

/** `data.call` in the clear. */
export function callOf(draft: EventDraft): Record<string, unknown> | undefined {
  return inTheClear(draft.cloudEvent.data['call']) as Record<string, unknown> | undefined;
}
