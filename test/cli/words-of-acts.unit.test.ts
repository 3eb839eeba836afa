import { describe, expect, it } from 'vitest';
import { remindedWords } from '#cli/commands/credential.ts';
import { notSignedIn } from '#cli/commands/sign-in.ts';
import { actWords } from '#cli/commands/subscription.ts';
import { renewalOf } from '#cli/roles/workflow-acts.ts';

const now = Date.UTC(2026, 0, 1);
const minute = 60_000;

describe('a renewal that was asked for', () => {
  it('says until when it is put off, and only then', () => {
    expect(renewalOf({ at: now + 8 * minute }, now)).toEqual({
      ...{ started: true, at: new Date(now + 8 * minute).toISOString() },
    });
    expect(renewalOf({ at: now }, now)).toEqual({ started: true });
  });

  it('is told to people as what it is', () => {
    expect(actWords('renew', renewalOf({ at: now }, now).at, now)).toBe('is renewed now');
    expect(actWords('renew', renewalOf({ at: now + 8 * minute }, now).at, now)).toMatch(
      /^is renewed in 8 min, at 2026-01-01T00:08:00.000Z: .*ten minutes/,
    );
    expect(actWords('recreate', undefined, now)).toBe('is made anew');
  });
});

it('reminders are told with how often and how urgently', () => {
  const remindedAt = new Date(now - 5 * minute).toISOString();
  expect(remindedWords({ reminders: 3, remindedUrgency: 4, remindedAt }, now)).toBe(
    '3 times, the last time with urgency 4 of 5, 5 min ago',
  );
  expect(remindedWords({ reminders: 1, remindedUrgency: 1, remindedAt }, now)).toMatch(/^once, /);
});

it('a sign-in that did not work says why, also where the one before goes on serving', () => {
  const signInWord = 'Somebody else than the service user signed in. Run it again.';
  expect(notSignedIn({ state: 'ok', word: 'signed in', signInWord })).toBe(
    `not signed in: the sign-in before goes on serving. ${signInWord}`,
  );
  const state = 'waiting-for-sign-in';
  expect(notSignedIn({ state, word: 'waits for somebody to sign in', signInWord })).toBe(
    `not signed in: ${signInWord}`,
  );
});

it.each(['The person declined the sign-in.', 'The person declined the sign-in'])(
  'a sign-in that did not work is told in sentences that end once: %s',
  (word) => {
    expect(notSignedIn({ state: 'sign-in-again', word, next: 'Run it again.' })).toBe(
      'not signed in: The person declined the sign-in. Run it again.',
    );
  },
);
