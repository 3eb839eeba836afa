import { CloudEvent } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '#domain/notices/decode.ts';
import { draftEvent } from '#domain/notices/draft.ts';
import type { EventDraft } from '#domain/notices/item.ts';
import { cloudEventTypes } from '#domain/notices/types.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import {
  bytes,
  contextOf,
  fixture,
  fixtureNames,
  messageOf,
  openedOf,
  withoutPersonal,
} from '#test/domain/notices/fixtures.ts';

const numRuns = 1_000;

/** Drafts of everything that a message holds, its encrypted items opened to the same resource, or not to be opened. */
function draftsOf(
  body: Uint8Array,
  properties: Readonly<Record<string, Json>>,
  opened: JsonObject | undefined,
): readonly EventDraft[] {
  const items = decodeMessage({ body, contentType: undefined, properties });
  expect(items.length).toBeGreaterThan(0);
  return items.map((item) => draftEvent(item, openedOf(item, opened), contextOf({ body })));
}

function expectValid(draft: EventDraft): void {
  expect(cloudEventTypes).toContain(draft.type);
  // The class fills in what is missing, so its copy must say the same as ours.
  const event = new CloudEvent({ ...draft.cloudEvent } as never, true);
  for (const name of ['id', 'source', 'type', 'time', 'specversion']) expect(event[name]).toBe(draft.cloudEvent[name]);
  const plain = withoutPersonal(draft.cloudEvent);
  expect(JSON.parse(JSON.stringify(plain))).toStrictEqual(plain);
  expect(draft.quarantine?.length ?? 0).toBeLessThanOrEqual(65_536);
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    'NA',
    '__proto__',
    '\u0000',
    '\ud800',
    '19:x@thread.v2',
    "chats('",
    "policyName='",
    '%',
    '%zz',
    '9'.repeat(400),
  ),
);
const value: fc.Arbitrary<Json> = fc.oneof(hostile, fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>);

/** Every place in a document, as the path to it. */
function places(of: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const inner =
    typeof of === 'object' && of !== null
      ? Object.entries(of).flatMap(([name, each]) =>
          places(each as Json, [...path, Array.isArray(of) ? Number(name) : name]),
        )
      : [];
  return [path, ...inner];
}

function replaced(of: Json, path: readonly (string | number)[], by: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return by;
  if (Array.isArray(of)) return of.map((each, index) => (index === first ? replaced(each, rest, by) : each));
  return { ...(of as JsonObject), [first]: replaced((of as Record<string, Json>)[first as string]!, rest, by) };
}

const anyFixture = fc.constantFrom(...fixtureNames);

describe('decoding and drafting', () => {
  it('take any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        for (const draft of draftsOf(body, {}, undefined)) expectValid(draft);
      }),
      { numRuns },
    );
  });

  it('take any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }), (body, properties) => {
        for (const draft of draftsOf(bytes(body as Json), properties as Record<string, Json>, undefined))
          expectValid(draft);
      }),
      { numRuns },
    );
  });

  it('take every message with any part of it replaced, in the envelope and in the content', () => {
    fc.assert(
      fc.property(anyFixture, fc.nat(), fc.nat(), value, value, (name, a, b, x, y) => {
        const of = fixture(name);
        const inBody = places(of.body);
        const inContent = of.opened === undefined ? [] : places(of.opened).slice(1);
        const body = replaced(of.body, inBody[a % inBody.length]!, x);
        const opened =
          inContent.length === 0
            ? of.opened
            : (replaced(of.opened!, inContent[b % inContent.length]!, y) as JsonObject);
        for (const draft of draftsOf(bytes(body), of.properties ?? {}, opened)) expectValid(draft);
      }),
      { numRuns: 4 * numRuns },
    );
  });

  it('take every message cut off or with bytes changed', () => {
    fc.assert(
      fc.property(
        anyFixture,
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        (name, cut, changes) => {
          const message = messageOf(fixture(name));
          const body = message.body.slice(0, cut % (message.body.length + 1));
          for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte;
          for (const draft of draftsOf(body, message.properties, fixture(name).opened)) expectValid(draft);
        },
      ),
      { numRuns: 2 * numRuns },
    );
  });

  it('give the same for the same message', () => {
    fc.assert(
      fc.property(anyFixture, (name) => {
        const of = fixture(name);
        const again = () => draftsOf(bytes(of.body), of.properties ?? {}, of.opened);
        expect(again()).toEqual(again());
      }),
      { numRuns: 50 },
    );
  });

  it('an emergency on the events feed is reported whatever was replaced in its content', () => {
    const of = fixture('emergency-nested');
    const paths = places(of.opened!).slice(1);
    fc.assert(
      fc.property(fc.nat(), value, (at, x) => {
        const opened = replaced(of.opened!, paths[at % paths.length]!, x) as JsonObject;
        for (const draft of draftsOf(bytes(of.body), {}, opened)) expect(draft.cloudEvent.data['call']).toBeDefined();
      }),
      { numRuns },
    );
  });
});

describe('minimisation', () => {
  // Each is found nowhere by chance, whatever its case.
  const marked = (label: string) =>
    fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) => ({ mark: `Zq${label}Qz`, text: `Zq${label}Qz ${text}` }));
  const oid = fc.uuid();
  const message = fc.record({
    content: marked('content'),
    name: marked('name'),
    subject: marked('subject'),
    mention: marked('mention'),
    file: marked('file'),
    extra: marked('extra'),
    oid,
    key: fc.uuid().map((id) => id.replaceAll('-', '')),
    importance: fc.constantFrom('normal', 'normal', 'high', 'ZqimportanceQz'),
    messageType: fc.constantFrom('message', 'chatEvent', 'ZqtypeQz'),
    form: fc.constantFrom('19:%s@thread.v2', '19:%s_b@unq.gbl.spaces', '19:meeting_%s@thread.v2'),
    envelope: fc.constantFrom('chat-rich', 'event-grid-structured', 'event-grid-binary', 'recovered', 'chat-deleted'),
    clientState: fc.constantFrom('match', 'mismatch', 'unchecked'),
    mutilated: fc.option(fc.nat(), { nil: undefined }),
  });

  it('leaves nothing of the content of 1,000 ordinary messages, of their names and addresses, outside of sealed values', () => {
    fc.assert(
      fc.property(message, (m) => {
        const chatId = m.form.replace('%s', m.key);
        const of = fixture(m.envelope);
        const resource = `chats('${chatId}')/messages('17')`;
        const text = JSON.stringify(of.body).replaceAll(/chats\('19:[^']*'\)\/messages\('\d+'\)/g, resource);
        const opened: JsonObject = {
          id: '17',
          chatId,
          messageType: m.messageType,
          // Important and in a group chat, what is in no known language is no ordinary message.
          importance: m.form === '19:%s@thread.v2' && m.importance === 'high' ? 'normal' : m.importance,
          locale: 'en-us',
          subject: m.subject.text,
          from: { user: { id: m.oid, displayName: m.name.text, userIdentityType: 'aadUser' } },
          body: { contentType: 'html', content: `<p>${m.content.text}</p>` },
          mentions: [{ mentionText: m.mention.text }],
          attachments: [{ name: m.file.text, contentUrl: `https://x.example/${m.file.text}` }],
          [m.extra.text]: m.extra.text,
        };
        const whole = new TextEncoder().encode(text);
        const body = m.mutilated === undefined ? whole : whole.slice(0, m.mutilated % whole.length);
        const items = decodeMessage({ body, contentType: undefined, properties: of.properties ?? {} });
        for (const item of items) {
          const draft = draftEvent(
            item,
            openedOf(item, opened),
            contextOf({ body, clientState: m.clientState as 'match' }),
          );
          expectValid(draft);
          expect(draft.cloudEvent.data).not.toHaveProperty('call');
          expect(draft.cloudEvent.data).not.toHaveProperty('content');
          const stored = JSON.stringify(withoutPersonal(draft.cloudEvent)).toLowerCase();
          for (const { mark } of [m.content, m.name, m.subject, m.mention, m.file, m.extra])
            expect(stored).not.toContain(mark.toLowerCase());
          expect(stored).not.toMatch(/zq[a-z]+qz/);
          expect(stored).not.toContain(m.oid);
          expect(stored).not.toContain(m.key);
          // Sealed are ids alone: what is not kept is not kept sealed either.
          expect(JSON.stringify(draft.cloudEvent).toLowerCase()).not.toMatch(/zq[a-z]+qz/);
        }
      }),
      { numRuns },
    );
  });
});
