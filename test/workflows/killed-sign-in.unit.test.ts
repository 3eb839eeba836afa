import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createFakeIdentity } from '#test/workflows/fakes.ts';
import { createCredentialActivities } from '#workflows/activities/credentials.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';

const asked = Date.UTC(2026, 0, 1);
const clock = { now: () => asked };

/** A sign-in that Temporal calls again after a worker died. @param signedInAt when somebody signed in last */
function signInAgain(signedInAt: number) {
  const { identity, control } = createFakeIdentity({
    ...{ credential: 'chat', kind: 'delegated', clock, signedIn: true, tokenLifeMs: () => 3_600_000 },
  });
  const { signIn } = createCredentialActivities({
    clock,
    identity: () => ({
      ...identity,
      state: async () => ({ ...(await identity.state()), signedInAt }),
      signInWithCode: async () => {
        control.codes += 1;
        return identity.state();
      },
    }),
  } as unknown as ActivityDeps);
  const input = { credential: 'chat', method: 'device-code' } as const;
  const attempt = (number: number) =>
    new MockActivityEnvironment({ attempt: number, scheduledTimestampMs: asked }).run(signIn, input);
  return { attempt, codes: () => control.codes };
}

describe('a sign-in whose worker died', () => {
  it('is over where somebody had signed in by then: nobody is asked twice', async () => {
    const { attempt, codes } = signInAgain(asked + 20_000);
    expect(await attempt(2)).toMatchObject({ ok: true, signedIn: true });
    expect(codes()).toBe(0);
  });

  it('asks again where only the one before is there, which it is to replace', async () => {
    const { attempt, codes } = signInAgain(asked - 20_000);
    await attempt(2);
    expect(codes()).toBe(1);
  });

  it('asks at first, whoever signed in meanwhile', async () => {
    const { attempt, codes } = signInAgain(asked + 20_000);
    await attempt(1);
    expect(codes()).toBe(1);
  });
});
