import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { JsonObject } from '#kernel/json.ts';
import { inTransaction } from '#simulator/graph/storage.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';

/** Newest messages kept of one chat, and newest chats kept: what is older is forgotten. */
const keptMessages = 1_000;
const keptChats = 5_000;

export interface Chat {
  readonly id: string;
  readonly topic: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number;
  /** Of the newest message. */
  readonly lastAt: number;
  readonly lastMessage: JsonObject;
}

export interface KeptMessage {
  readonly id: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Rises with every change of any message. */
  readonly change: number;
  readonly body: JsonObject;
}

/** A place in a list that is sorted newest first: what follows it is older, or as old with a smaller id. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

export interface Range {
  /** Exclusive bounds, milliseconds since 1970 UTC. */
  readonly after?: number;
  readonly before?: number;
  readonly from?: Place;
  readonly limit: number;
}

/** Chats and messages that simulated Teams made. */
export interface Chats {
  keep(messages: readonly Extract<TeamsChange, { kind: 'message' }>[]): void;
  isMember(chatId: string, userId: string): boolean;
  chat(id: string): Chat | undefined;
  members(chatId: string): readonly string[];
  /** Newest message first. */
  chatsOf(userId: string, range: Range): readonly Chat[];
  message(chatId: string, id: string): KeptMessage | undefined;
  /** Of one chat, newest first by the time named. */
  messages(chatId: string, by: 'created' | 'modified', range: Range): readonly KeptMessage[];
  /** Of all chats of a user, in the order of their changes, after a change. */
  changesOf(userId: string, afterChange: number, limit: number): readonly KeptMessage[];
}

type Row = Record<string, SQLOutputValue>;

export function createChats(database: DatabaseSync): Chats {
  const statement = (sql: string) => database.prepare(sql);
  const putChat = statement(
    `INSERT INTO chats (id, topic, created, last, last_message, messages) VALUES (?, ?, ?, ?, ?, 1)
     ON CONFLICT (id) DO UPDATE SET last = max(last, excluded.last), messages = messages + 1,
       last_message = CASE WHEN excluded.last >= last THEN excluded.last_message ELSE last_message END`,
  );
  const putMember = statement('INSERT OR IGNORE INTO members (chat, user) VALUES (?, ?)');
  const putMessage = statement(
    'INSERT OR REPLACE INTO messages (chat, id, created, modified, change, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const countOf = statement('SELECT messages FROM chats WHERE id = ?');
  const trim = statement(
    `DELETE FROM messages WHERE chat = ?1 AND id NOT IN (SELECT id FROM messages WHERE chat = ?1 ORDER BY created DESC, id DESC LIMIT ${keptMessages})`,
  );
  const resetCount = statement(
    'UPDATE chats SET messages = (SELECT count(*) FROM messages WHERE chat = ?1) WHERE id = ?1',
  );
  const chatCount = statement('SELECT count(*) AS n FROM chats');
  const oldChats = statement(`SELECT id FROM chats ORDER BY last DESC, id DESC LIMIT -1 OFFSET ${keptChats}`);
  const dropOld = (['chats', 'members', 'messages'] as const).map((table) =>
    statement(`DELETE FROM ${table} WHERE ${table === 'chats' ? 'id' : 'chat'} = ?`),
  );
  const isMember = statement('SELECT 1 FROM members WHERE chat = ? AND user = ?');
  const oneChat = statement('SELECT * FROM chats WHERE id = ?');
  const membersOf = statement('SELECT user FROM members WHERE chat = ? ORDER BY user');
  const chatsOf = statement(
    `SELECT chats.* FROM chats JOIN members ON members.chat = chats.id AND members.user = :user
     WHERE last > :after AND last < :before AND (last, id) < (:at, :id) ORDER BY last DESC, id DESC LIMIT :limit`,
  );
  const oneMessage = statement('SELECT * FROM messages WHERE chat = ? AND id = ?');
  const listBy = (column: 'created' | 'modified') =>
    statement(
      `SELECT * FROM messages WHERE chat = :chat AND ${column} > :after AND ${column} < :before AND (${column}, id) < (:at, :id)
       ORDER BY ${column} DESC, id DESC LIMIT :limit`,
    );
  const lists = { created: listBy('created'), modified: listBy('modified') };
  const changes = statement(
    `SELECT messages.* FROM messages JOIN members ON members.chat = messages.chat AND members.user = ?
     WHERE change > ? ORDER BY change LIMIT ?`,
  );
  let change = Number(statement('SELECT coalesce(max(change), 0) AS n FROM messages').get()?.['n'] ?? 0);
  const farAhead = 8.64e15;
  const bounds = (range: Range) => ({
    after: range.after ?? -1,
    before: range.before ?? farAhead,
    at: range.from?.at ?? farAhead,
    id: range.from?.id ?? '',
    limit: range.limit,
  });

  const keepOne = ({ message, members, topic }: Extract<TeamsChange, { kind: 'message' }>) => {
    const chat = String(message['chatId']);
    const id = String(message['id']);
    const created = Date.parse(String(message['createdDateTime']));
    const modified = Date.parse(String(message['lastModifiedDateTime'] ?? message['createdDateTime']));
    const body = JSON.stringify(message);
    if (oneMessage.get(chat, id) === undefined) putChat.run(chat, topic ?? null, created, created, body);
    putMessage.run(chat, id, created, modified, ++change, body);
    for (const member of members) putMember.run(chat, member);
    if (Number(countOf.get(chat)?.['messages'] ?? 0) > keptMessages * 1.2) {
      trim.run(chat);
      resetCount.run(chat);
    }
  };

  return {
    keep(messages) {
      if (messages.length === 0) return;
      inTransaction(database, () => {
        for (const message of messages) keepOne(message);
        if (Number(chatCount.get()?.['n'] ?? 0) <= keptChats * 1.02) return;
        for (const row of oldChats.all()) for (const drop of dropOld) drop.run(row['id'] as string);
      });
    },
    isMember: (chatId, userId) => isMember.get(chatId, userId) !== undefined,
    chat(id) {
      const row = oneChat.get(id);
      return row === undefined ? undefined : toChat(row);
    },
    members: (chatId) => membersOf.all(chatId).map((row) => row['user'] as string),
    chatsOf: (user, range) => chatsOf.all({ user, ...bounds(range) }).map(toChat),
    message(chatId, id) {
      const row = oneMessage.get(chatId, id);
      return row === undefined ? undefined : toMessage(row);
    },
    messages: (chat, by, range) => lists[by].all({ chat, ...bounds(range) }).map(toMessage),
    changesOf: (user, after, limit) => changes.all(user, after, limit).map(toMessage),
  };
}

function toChat(row: Row): Chat {
  return {
    id: row['id'] as string,
    topic: row['topic'] as string | null,
    createdAt: Number(row['created']),
    lastAt: Number(row['last']),
    lastMessage: JSON.parse(row['last_message'] as string) as JsonObject,
  };
}

function toMessage(row: Row): KeptMessage {
  return {
    id: row['id'] as string,
    createdAt: Number(row['created']),
    modifiedAt: Number(row['modified']),
    change: Number(row['change']),
    body: JSON.parse(row['body'] as string) as JsonObject,
  };
}
