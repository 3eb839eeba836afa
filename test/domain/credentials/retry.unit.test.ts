import { describe, expect, it } from 'vitest';
import { credentialRules } from '#domain/credentials/plan.ts';
import { healsFromOutside, retryEveryMs, retryWords } from '#domain/credentials/retry.ts';
import { identityTroubles } from '#domain/identity/trouble-table.ts';

const day = 86_400_000;
const rowOf = (code: string) => {
  const row = identityTroubles.find((each) => each.code === code);
  if (row === undefined) throw new Error(`no row ${code}`);
  return row;
};

describe('how often a refused sign-in is tried again', () => {
  it('is within a minute where somebody can repair it without signing in, whatever class it is of', () => {
    for (const code of ['AADSTS65001', 'AADSTS50076', 'AADSTS53003', 'AADSTS700027', 'invalid_request', 'bad-answer'])
      expect(healsFromOutside(rowOf(code)), code).toBe(true);
    expect(retryEveryMs(credentialRules, 0)).toBeLessThanOrEqual(40_000);
    expect(retryEveryMs(credentialRules, 6 * day)).toBeLessThanOrEqual(40_000);
    expect(retryEveryMs(credentialRules, 8 * day)).toBe(300_000);
  });

  it('stays under what Entra takes for a loop', () => {
    // Three quarters of the wait is the shortest; one try more at each hour.
    expect(300_000 / (retryEveryMs(credentialRules, 0) * 0.75) + 2).toBeLessThan(15);
  });

  it('is rare where only a new sign-in helps, or asking is what is wrong', () => {
    for (const code of [
      'AADSTS50173',
      'AADSTS700082',
      'AADSTS70008',
      'not-signed-in',
      'AADSTS50196',
      'not-delegated',
    ]) {
      expect(healsFromOutside(rowOf(code)), code).toBe(false);
      expect(retryWords(rowOf(code)), code).toBe('hourly');
    }
    expect(healsFromOutside(rowOf('network'))).toBe(false);
  });
});
