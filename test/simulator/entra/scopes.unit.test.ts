import { describe, expect, it } from 'vitest';
import type { EntraClient } from '#simulator/entra/options.ts';
import { answeredScope, providerScope, readScopes } from '#simulator/entra/scopes.ts';

const client: EntraClient = { clientId: 'c', name: 'C', kind: 'public', scopes: ['User.Read', 'Chat.Read'] };

const read = (scope: string | undefined) => {
  const asked = readScopes(scope, client);
  if (!asked.ok) throw new Error(`refused: ${asked.code}`);
  return asked;
};

describe('scopes of a request', () => {
  it('are the same short, qualified, and whatever their case', () => {
    for (const form of [
      'Chat.Read',
      'chat.read',
      'https://graph.microsoft.com/Chat.Read',
      'https://GRAPH.microsoft.com/chat.READ',
    ])
      expect(read(form).permissions).toEqual(['Chat.Read']);
  });

  it('may be all that was granted, with one slash or two', () => {
    for (const form of ['https://graph.microsoft.com/.default', 'https://graph.microsoft.com//.default', '.default'])
      expect(read(`${form} openid`)).toMatchObject({ everything: true, permissions: [], openid: ['openid'] });
  });

  it('may be none', () => {
    expect(read(undefined)).toMatchObject({ openid: [], permissions: [], everything: false });
    expect(read('  ')).toMatchObject({ openid: [], permissions: [] });
  });

  it.each([
    ['Mail.Read', 65001],
    ['https://graph.microsoft.com/Mail.Read', 65001],
    ['https://vault.azure.net/.default', 500011],
    ['api://other/Read', 500011],
    ['https://graph.microsoft.com/.default Chat.Read', 70011],
  ])('are refused as Entra refuses %s', (scope, code) => {
    expect(readScopes(scope, client)).toEqual({ ok: false, code });
  });

  it('keep offline_access under a name that does not depend on a consent prompt', () => {
    expect(providerScope(read('openid offline_access Chat.Read'), client)).toBe('openid offline Chat.Read');
    expect(providerScope(read('.default'), client)).toBe('User.Read Chat.Read');
  });

  it('are answered with all that was granted, in the form of the request', () => {
    expect(answeredScope(read('openid offline_access Chat.Read'), client)).toBe('openid User.Read Chat.Read');
    expect(answeredScope(read('https://graph.microsoft.com/.default'), client)).toBe(
      'https://graph.microsoft.com/User.Read https://graph.microsoft.com/Chat.Read https://graph.microsoft.com/.default',
    );
  });
});
