import { describe, expect, it } from 'vitest';
import { agentOf, reachedLog } from '#cli/roles/reaching.ts';

const nowhere = { addresses: undefined, certificateAuthority: '/run/ca.pem' };
const elsewhere = { addresses: { 'log.contoso.example': 'localhost:2114' }, certificateAuthority: '/run/the ca.pem' };

describe('where the hosts of Azure are', () => {
  it.each([
    ['esdb://u:p@log.contoso.example:2113', 'esdb://u:p@localhost:2114?tlsCAFile=%2Frun%2Fthe%20ca.pem'],
    [
      'esdb+discover://u:p%3F@log.contoso.example:2113/?nodePreference=leader',
      'esdb+discover://u:p%3F@localhost:2114/?nodePreference=leader&tlsCAFile=%2Frun%2Fthe%20ca.pem',
    ],
    [
      'esdb://u:p@other.example:2113,log.contoso.example:2113?tlsCAFile=%2Fown.pem',
      'esdb://u:p@other.example:2113,localhost:2114?tlsCAFile=%2Fown.pem',
    ],
  ])('leads the log of %s there, and trusts the authority for it', (given, reached) => {
    expect(reachedLog(given, elsewhere)).toBe(reached);
    expect(reachedLog(given, nowhere)).toBe(given);
  });

  it('is left alone for a log that is not among them', () => {
    const given = 'esdb://u:p@another.example:2113?tls=true';
    expect(reachedLog(given, elsewhere)).toBe(given);
  });

  it('changes no connection where nothing is elsewhere', async () => {
    expect(await agentOf(nowhere)).toBeUndefined();
    await expect(agentOf(elsewhere)).rejects.toThrow(/TOCSIN_CERTIFICATE_AUTHORITY: \/run\/the ca.pem cannot be read/);
  });
});
