import { expect, it } from 'vitest';
import { refusedOnRecord } from '#cli/doctor/refused-on-record.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';

const at = Date.parse('2026-11-23T12:00:00Z');
const refused = {
  trouble: { kind: 'sign-in-again', code: 'AADSTS50173', what: 'It was withdrawn.', next: 'Sign in.' },
};

async function record(...events: readonly (readonly [type: string, data?: JsonObject])[]) {
  const log = createMemoryEventLog(() => at);
  const news = events.map(([type, data = {}], n) => ({
    ...{ id: `00000000-0000-4000-8000-0000000000${10 + n}`, type, data, metadata: {} },
  }));
  if (news.length > 0) await log.append('credential-chat', 'no-stream', news);
  return log;
}

it('says what Entra ID refused when it was last asked, whatever was done about it since', async () => {
  const log = await record(
    ['CredentialSignedIn'],
    ['CredentialTroubled', refused],
    ['CredentialReminded'],
    ['CredentialCodeShown'],
    ['CredentialSignInFailed'],
  );
  expect(await refusedOnRecord(log, 'chat')).toEqual({
    ...{ check: 'chat sign-in', state: 'fault', exit: exitCodes.no, remedy: 'Sign in.' },
    found: 'no new token at 2026-11-23T12:00:00.000Z: It was withdrawn.',
  });
  expect(await refusedOnRecord(log, 'events')).toBeUndefined();
});

it.each([
  ['nothing is on record', []],
  ['it gave one since', [['CredentialTroubled', refused], ['CredentialRefreshed']]],
  ['somebody signed in since', [['CredentialTroubled', refused], ['CredentialSignedIn']]],
  ['it was forgotten on purpose', [['CredentialTroubled', refused], ['CredentialRevoked']]],
] as const)('says nothing where %s', async (_, events) => {
  expect(await refusedOnRecord(await record(...events), 'chat')).toBeUndefined();
});

it('tells a service that is away from one that refuses', async () => {
  const log = await record(['CredentialTroubled', { trouble: { kind: 'back-off', what: 'It does not answer.' } }]);
  expect(await refusedOnRecord(log, 'chat')).toMatchObject({ exit: exitCodes.unreachable });
});

it('says nothing of a log that cannot be read: that is said of the log', async () => {
  const readStream = async () => ({ ok: false, reason: 'unavailable', detail: 'away' }) as const;
  expect(await refusedOnRecord({ readStream }, 'chat')).toBeUndefined();
});
