import { type Announcement, readAnnouncement } from '#domain/notices/announcement.ts';
import { type ChatDetails, readDetails } from '#domain/notices/chat-location.ts';
import { field, listField, objectField, textField } from '#domain/notices/fields.ts';
import { htmlToText, lines } from '#domain/notices/html-text.ts';
import { chatTypeOf } from '#domain/notices/identify.ts';
import type { Phrase } from '#domain/notices/item.ts';
import { comparable, phraseTable, speaksOfEmergencyCall } from '#domain/notices/phrases.ts';
import { parse } from '#domain/notices/read-json.ts';
import type { Reason } from '#domain/notices/reasons.ts';
import { tellsOfCallToNumber } from '#domain/notices/recognise-number.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

export type ChatJudgement =
  | { readonly emergency: false }
  | {
      readonly emergency: true;
      readonly confidence: 'high' | 'medium' | 'low';
      readonly reasons: readonly Reason[];
      /** Of the phrase or of the word that was found; Graph's `locale` is always `en-us`, whatever the text is in. */
      readonly language?: string;
      /** The message as a person sees it. */
      readonly text: string;
      /** Who the announcement says has called: the words before its phrase. */
      readonly announced?: string;
      readonly details: ChatDetails;
    };

/**
 * Is a chat message the announcement of an emergency call? Any doubt makes it one, of low confidence: a false alarm costs less than a missed call. Without a
 * known phrase only an important message in a group chat leaves one: elsewhere people talk about emergency calls, responders about this one among them.
 * @param message Graph's chatMessage, decrypted
 * @param phrases the texts that announce a call, one or more per language
 */
export function judgeChatMessage(
  message: JsonObject,
  chatId: string | undefined,
  phrases: readonly Phrase[],
): ChatJudgement {
  const table = phraseTable(phrases);
  const text = textOf(message);
  const seen = comparable(text);
  const phrase =
    table.find(seen) ??
    otherReadings(message)
      .map((each) => table.find(comparable(each)))
      .find(Boolean);
  const important = ['high', 'urgent'].includes(textField(message, 'importance')?.toLowerCase() ?? '');
  const chatType = chatTypeOf(chatId, message);
  const reasons: Reason[] = [];
  let confidence: 'high' | 'medium' | 'low' = 'low';
  let language = phrase?.language;
  if (phrase !== undefined) {
    reasons.push('known-phrase', important ? 'important-message' : 'not-important');
    reasons.push(
      chatType === 'group' ? 'group-chat' : chatType === 'unknown' ? 'chat-type-unknown' : 'not-a-group-chat',
    );
    const signs = Number(important) + Number(chatType === 'group');
    confidence = signs === 2 ? 'high' : signs === 1 ? 'medium' : 'low';
  } else if (important && (chatType === 'group' || chatType === 'unknown') && seen !== '') {
    language = speaksOfEmergencyCall(seen);
    if (language !== undefined || tellsOfCallToNumber(text)) reasons.push('emergency-word');
    else if (!table.understands(text)) reasons.push('language-unknown');
    else return { emergency: false };
    reasons.push('important-message', chatType === 'group' ? 'group-chat' : 'chat-type-unknown');
  } else return { emergency: false };

  if (textField(objectField(objectField(message, 'from'), 'user'), 'id') === undefined)
    reasons.push('sender-not-a-user');
  const shown = lines(text);
  // Without a phrase nobody knows which line announces: it is the first.
  const announcement: Announcement =
    phrase === undefined ? { announcing: [], told: shown.slice(1) } : readAnnouncement(shown, phrase);
  const { announced } = announcement;
  return {
    emergency: true,
    confidence,
    reasons,
    ...(language !== undefined && { language }),
    text,
    ...(announced !== undefined && { announced }),
    details: readDetails(announcement),
  };
}

/** The body read in the ways in which it may be meant: as HTML though it says that it is text, and with entities that were escaped twice. */
function otherReadings(message: JsonObject): readonly string[] {
  const body = objectField(message, 'body');
  const raw = textField(body, 'content') ?? '';
  const readings: string[] = [];
  if (isPlainText(body) && /[<&]/.test(raw)) readings.push(htmlToText(raw));
  if (raw.includes('&amp;')) readings.push(htmlToText(htmlToText(raw)));
  return readings;
}

function isPlainText(body: JsonObject | undefined): boolean {
  return textField(body, 'contentType')?.toLowerCase() === 'text';
}

/** The text of a message with its subject and the texts of its cards, as lines. */
function textOf(message: JsonObject): string {
  const body = objectField(message, 'body');
  // In another shape than Graph's it is read all the same: a phrase would otherwise pass unseen.
  const content = textsIn(body === undefined ? field(message, 'body') : field(body, 'content')).join('\n');
  const cards = (listField(message, 'attachments') ?? []).flatMap((each) =>
    isJsonObject(each) ? cardTexts(field(each, 'content')) : [],
  );
  const parts = [textField(message, 'subject') ?? '', isPlainText(body) ? content : htmlToText(content), ...cards];
  return lines(parts.join('\n')).join('\n');
}

function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** The texts of a card (Adaptive Cards `text`, `title`, `value`, and the older kinds' `subtitle`), which comes as JSON in a string. */
function cardTexts(content: Json | undefined): readonly string[] {
  const read = typeof content === 'string' ? parse(content) : undefined;
  const found: string[] = [];
  const walk = (value: Json, name: string) => {
    if (typeof value === 'string') {
      if (['text', 'title', 'subtitle', 'value'].includes(name.toLowerCase())) found.push(htmlToText(value));
    } else if (Array.isArray(value)) for (const each of value) walk(each, name);
    else if (isJsonObject(value))
      for (const [key, each] of Object.entries(value)) if (each !== undefined) walk(each, key);
  };
  if (read?.ok) walk(read.value, '');
  return found;
}
