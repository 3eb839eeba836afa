/**
 * Object ids of the two people whose chat a canonical subject (`ports/key-store.ts`) names: the id of a one-to-one chat is made of theirs,
 * `19:<object id>_<object id>@unq.gbl.spaces` (Microsoft Graph, "chat resource type": shown in examples, and stable for years). Empty for every other subject.
 */
export function peopleOfChat(subject: string): readonly string[] {
  const [, one, other] = oneToOne.exec(subject) ?? [];
  return one === undefined || other === undefined ? [] : [...new Set([one, other])];
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const oneToOne = new RegExp(`^chat:[^/]*/19:(${uuid})_(${uuid})@unq\\.gbl\\.spaces$`);

/** The object id in the canonical subject of somebody who is known by one, as {@link peopleOfChat} has it. */
export function objectIdOf(subject: string): string | undefined {
  return userSubject.exec(subject)?.[1];
}

const userSubject = new RegExp(`^user:[^/]*/(${uuid})$`);
