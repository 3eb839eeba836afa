import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import { people } from '#simulator/teams/directory.ts';
import type { TeamsChange } from '#simulator/teams/live.ts';
import { chatMessage } from '#simulator/teams/notices.ts';
import { hour, minute, type Rig, start, startGraph } from '#test/simulator/graph/support.ts';

const service = '7a0e0000-0000-4000-8000-0000000000aa';

interface Spoken {
  readonly chat: string;
  readonly id: string;
  readonly at: number;
  readonly modified?: number;
  readonly members?: readonly string[];
}

function said({ chat, id, at, modified = at, members = [people[0]!.id, service] }: Spoken): TeamsChange {
  const message: JsonObject = {
    ...chatMessage({
      chatId: chat,
      messageId: id,
      from: people[0]!,
      at,
      importance: 'normal',
      content: `<p>${id}</p>`,
      locale: 'en-us',
    }),
    lastModifiedDateTime: new Date(modified).toISOString(),
  };
  return { kind: 'message', changeType: modified === at ? 'created' : 'updated', message, members };
}

const idsIn = (body: JsonObject) => (body['value'] as { id: string }[]).map(({ id }) => id);
const iso = (at: number) => new Date(at).toISOString();

/** All pages. */
async function allOf(rig: Rig, path: string, token = rig.delegated()): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  let next: string | undefined = path;
  while (next !== undefined && pages < 20) {
    const answer = await rig.request('GET', next, { token });
    expect(answer.status).toBe(200);
    ids.push(...idsIn(answer.body));
    next = answer.body['@odata.nextLink'] as string | undefined;
    pages++;
  }
  return { ids, pages };
}

describe('the chats of simulated Graph', () => {
  const chats = ['19:a@thread.v2', '19:b@thread.v2', '19:c@thread.v2', '19:d@thread.v2'];

  async function withChats(): Promise<Rig> {
    const rig = await startGraph();
    await rig.graph.happened(chats.map((chat, n) => said({ chat, id: `m${n}`, at: start + n * minute })));
    await rig.graph.happened([said({ chat: '19:other@thread.v2', id: 'x', at: start, members: [people[1]!.id] })]);
    await rig.graph.happened([said({ chat: chats[0]!, id: 'latest', at: start + hour })]);
    return rig;
  }

  it('are those of the signed-in user, latest message first, in pages', async () => {
    const rig = await withChats();
    const order = '$orderby=lastMessagePreview/createdDateTime%20desc';
    const newestFirst = [chats[0], chats[3], chats[2], chats[1]];
    expect(await allOf(rig, `v1.0/me/chats?${order}&$top=3`)).toEqual({ ids: newestFirst, pages: 2 });
    expect((await allOf(rig, `beta/chats?${order}`)).ids).toEqual(newestFirst);
    expect((await allOf(rig, `v1.0/users/${service}/chats`)).ids).toEqual(newestFirst);
    const since = `$filter=lastMessagePreview/createdDateTime gt ${iso(start + 2 * minute)}`;
    expect((await allOf(rig, `v1.0/me/chats?${order}&${since}`)).ids).toEqual([chats[0], chats[3]]);
    const from = `$filter=lastMessagePreview/createdDateTime ge ${iso(start + 2 * minute)} and lastMessagePreview/createdDateTime lt ${iso(start + hour)}`;
    expect((await allOf(rig, `v1.0/me/chats?${from}`)).ids).toEqual([chats[3], chats[2]]);
  });

  it('show members and the latest message when asked to', async () => {
    const rig = await withChats();
    const plain = await rig.request('GET', `v1.0/chats/${encodeURIComponent(chats[0]!)}`);
    expect(plain.body).toMatchObject({ id: chats[0], chatType: 'group' });
    expect(plain.body).not.toHaveProperty('lastMessagePreview');
    const { body } = await rig.request('GET', 'v1.0/me/chats?$expand=members,lastMessagePreview&$top=1');
    expect(body['value']).toMatchObject([
      {
        lastMessagePreview: { id: 'latest', createdDateTime: iso(start + hour) },
        members: [{ userId: people[0]!.id }, { userId: service }],
      },
    ]);
  });

  it.each<readonly [string, string, number, RegExp]>([
    ['more than 50', 'v1.0/me/chats?$top=51', 400, /limit of '50'/],
    ['none', 'v1.0/me/chats?$top=0', 400, /Invalid value '0'/],
    ['oldest first', 'v1.0/me/chats?$orderby=lastMessagePreview/createdDateTime%20asc', 400, /descending/],
    ['by topic', "v1.0/me/chats?$filter=topic eq 'x'", 400, /Invalid filter clause/],
    ['from a made-up place', 'v1.0/me/chats?$skiptoken=abc', 400, /skip token/],
    ['with $count', 'v1.0/me/chats?$count=true', 400, /'\$count' is not allowed/],
    ['of somebody else', `v1.0/users/${people[1]!.id}/chats`, 403, /own chats only/],
    ['of a chat that he is not in', 'v1.0/chats/19:other@thread.v2/messages', 403, /does not have access/],
    ['of a chat that there is not', 'v1.0/chats/19:none@thread.v2/messages', 404, /NotFound/],
    ['by getAllMessages', `v1.0/users/${service}/chats/getAllMessages`, 403, /only supported with application/],
    ['by getAllMessages of /me', 'v1.0/me/chats/getAllMessages', 403, /only supported with application/],
    ['by its delta', `beta/users/${service}/chats/getAllMessages/delta`, 403, /only supported with application/],
  ])('are refused: %s', async (_, path, status, message) => {
    const rig = await withChats();
    const answer = await rig.request('GET', path);
    expect(answer.status).toBe(status);
    expect(answer.message).toMatch(message);
  });
});

describe('the messages of a chat of simulated Graph', () => {
  const chat = '19:a@thread.v2';
  const path = `v1.0/chats/${chat}/messages`;

  async function withMessages(): Promise<Rig> {
    const rig = await startGraph();
    await rig.graph.happened(['1', '2', '3', '4', '5'].map((id, n) => said({ chat, id, at: start + n * minute })));
    await rig.graph.happened([said({ chat, id: '2', at: start + minute, modified: start + hour })]);
    return rig;
  }

  it('are read one by one by both forms of path', async () => {
    const rig = await withMessages();
    for (const one of [
      `${path}/2`,
      `beta/chats('${chat}')/messages('2')`,
      `v1.0/chats/${encodeURIComponent(chat)}/messages/2`,
    ]) {
      const answer = await rig.request('GET', one);
      expect(answer).toMatchObject({
        status: 200,
        body: { id: '2', chatId: chat, lastModifiedDateTime: iso(start + hour) },
      });
    }
    expect((await rig.request('GET', `${path}/6`)).status).toBe(404);
  });

  it('come last modified first, or last created first, in pages', async () => {
    const rig = await withMessages();
    expect(await allOf(rig, `${path}?$top=2`)).toEqual({ ids: ['2', '5', '4', '3', '1'], pages: 3 });
    expect(await allOf(rig, `${path}?$top=2&$orderby=createdDateTime%20desc`)).toEqual({
      ids: ['5', '4', '3', '2', '1'],
      pages: 3,
    });
  });

  it('are filtered by the property that they are ordered by, and by no other without a word', async () => {
    const rig = await withMessages();
    const window = `$filter=lastModifiedDateTime gt ${iso(start + 2 * minute)} and lastModifiedDateTime lt ${iso(start + hour)}`;
    expect((await allOf(rig, `${path}?$orderby=lastModifiedDateTime desc&${window}`)).ids).toEqual(['5', '4']);
    expect((await allOf(rig, `${path}?${window}`)).ids).toHaveLength(5);
    expect((await allOf(rig, `${path}?$orderby=createdDateTime desc&${window}`)).ids).toHaveLength(5);
    const before = `$filter=createdDateTime lt ${iso(start + minute)}`;
    expect((await allOf(rig, `${path}?$orderby=createdDateTime desc&${before}`)).ids).toEqual(['1']);
  });

  it.each([
    ['more than 50', '$top=51', /limit of '50'/],
    ['oldest first', '$orderby=lastModifiedDateTime', /descending/],
    ['from a creation on', `$orderby=createdDateTime desc&$filter=createdDateTime gt ${iso(start)}`, /not supported/],
    ['with ge', `$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime ge ${iso(start)}`, /not supported/],
  ])('are refused: %s', async (_, query, message) => {
    const rig = await withMessages();
    const answer = await rig.request('GET', `${path}?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.message).toMatch(message);
  });

  it('need Chat.Read, which a list of chats does not', async () => {
    const rig = await withMessages();
    const token = rig.delegated({ scopes: ['Chat.ReadBasic'] });
    expect((await rig.request('GET', 'v1.0/me/chats', { token })).status).toBe(200);
    expect(await rig.request('GET', path, { token })).toMatchObject({
      status: 403,
      message: expect.stringMatching(/Missing scope permissions.*'Chat\.Read, Chat\.ReadWrite'/),
    });
  });

  it('are exported whole to an application, with delta', async () => {
    const rig = await withMessages();
    const token = rig.application({ roles: ['Chat.Read.All'] });
    const all = `v1.0/users/${service}/chats/getAllMessages`;
    expect(await allOf(rig, `${all}?$top=2`, token)).toEqual({ ids: ['1', '3', '4', '5', '2'], pages: 3 });
    const { body } = await rig.request('GET', `${all}/delta`, { token });
    await rig.graph.happened([said({ chat, id: '6', at: start + 2 * hour })]);
    const more = await rig.request('GET', String(body['@odata.deltaLink']), { token });
    expect(idsIn(more.body)).toEqual(['6']);
  });

  it('are bounded: the oldest of a busy chat are forgotten', async () => {
    const rig = await startGraph();
    for (let n = 0; n < 1_300; n += 100)
      await rig.graph.happened(
        Array.from({ length: 100 }, (_, k) => said({ chat, id: String(n + k), at: start + n + k })),
      );
    expect((await rig.request('GET', `${path}/0`)).status).toBe(404);
    expect((await rig.request('GET', `${path}/1299`)).status).toBe(200);
  });
});

describe('the directory of simulated Graph', () => {
  it('knows the signed-in user and, with permission, the others', async () => {
    const rig = await startGraph();
    const me = await rig.request('GET', 'v1.0/me');
    expect(me.body).toMatchObject({ id: service, userPrincipalName: rig.tenant.serviceUser });
    expect((await rig.request('GET', `v1.0/users/${rig.tenant.serviceUser}`)).status).toBe(200);
    const other = `v1.0/users/${people[0]!.id}`;
    expect(await rig.request('GET', other)).toMatchObject({ status: 403, code: 'Authorization_RequestDenied' });
    const basic = rig.delegated({ scopes: ['User.ReadBasic.All'] });
    expect((await rig.request('GET', other, { token: basic })).body).not.toHaveProperty('businessPhones');
    const full = rig.delegated({ scopes: ['User.Read.All'] });
    expect((await rig.request('GET', other, { token: full })).body).toMatchObject({
      businessPhones: [people[0]!.phoneNumber],
    });
    expect(idsIn((await rig.request('GET', 'v1.0/users', { token: full })).body)).toHaveLength(people.length + 1);
    expect(await rig.request('GET', 'v1.0/users/nobody', { token: full })).toMatchObject({
      status: 404,
      code: 'Request_ResourceNotFound',
    });
  });

  it('has no signed-in user for an application', async () => {
    const rig = await startGraph();
    const answer = await rig.request('GET', 'v1.0/me', { token: rig.application() });
    expect(answer).toMatchObject({
      status: 400,
      message: '/me request is only valid with delegated authentication flow.',
    });
  });

  it('has the service principal that sends notices', async () => {
    const rig = await startGraph();
    const path = "v1.0/servicePrincipals(appId='0bf30f3b-4a52-48df-9a82-234910c4a086')";
    const token = rig.application({ roles: ['Application.Read.All'] });
    expect((await rig.request('GET', path, { token })).body).toMatchObject({
      displayName: 'Microsoft Graph Change Tracking',
    });
    expect((await rig.request('GET', path)).status).toBe(403);
  });
});
