import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createFakeIdentity } from '#test/workflows/fakes.ts';
import { createCredentialActivities } from '#workflows/activities/credentials.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import type { PendingCode } from '#workflows/contract.ts';
import { whyNotOf } from '#workflows/definitions/browser-hand-in.ts';

const now = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** The client of an activity. @param told what its workflow does with a code */
function clientOf(told: (code: PendingCode) => void): Client {
  const getHandle = () => ({ signal: async (_definition: unknown, code: PendingCode) => told(code) });
  const withAbortSignal = (_signal: AbortSignal, work: () => unknown) => work();
  return { workflow: { getHandle }, withAbortSignal } as unknown as Client;
}

it('a sign-in by browser is the same one when Temporal tries it again, and only then', async () => {
  const { identity, control } = createFakeIdentity({
    ...{ credential: 'chat', kind: 'delegated', clock: { now: () => now }, signedIn: false },
    tokenLifeMs: () => 60 * minute,
  });
  const deps = { identity: () => identity } as unknown as ActivityDeps;
  const { signIn } = createCredentialActivities(deps);
  const shown: PendingCode[] = [];
  const client = clientOf((code) => {
    shown.push(code);
    control.approve();
  });
  for (const [activityId, attempt] of [
    ['7', 1],
    ['7', 2],
    ['9', 1],
  ] as const) {
    const workflowExecution = { workflowId: 'credential/chat', runId: 'run' };
    const environment = new MockActivityEnvironment({ activityId, attempt, workflowExecution }, { client });
    const input = { credential: 'chat', method: 'browser' } as const;
    expect(await environment.run(signIn, input)).toMatchObject({ ok: true, signedIn: true });
  }
  expect(control.names).toEqual(['run/7', 'run/7', 'run/9']);
  expect(shown[0]).toMatchObject({ method: 'browser', userCode: '', expiresAt: now + 15 * minute });
});

it('a sign-in that was called off before there was a code shows none', async () => {
  const { identity } = createFakeIdentity({
    ...{ credential: 'chat', kind: 'delegated', clock: { now: () => now }, signedIn: false },
    tokenLifeMs: () => 60 * minute,
  });
  let shown = 0;
  const environment = new MockActivityEnvironment({}, { client: clientOf(() => shown++) });
  const { signIn } = createCredentialActivities({
    identity: () => ({
      ...identity,
      signInWithCode: ({ signal, show }: Parameters<typeof identity.signInWithCode>[0]) =>
        identity.signInWithCode({
          signal,
          show(code) {
            environment.cancel();
            return show(code);
          },
        }),
    }),
  } as unknown as ActivityDeps);
  const input = { credential: 'chat', method: 'device-code' } as const;
  await expect(environment.run(signIn, input)).rejects.toThrow();
  expect(shown).toBe(0);
});

it('an address is taken while a sign-in by browser waits for one, and no longer', () => {
  const ended = 'http://localhost:1/?code=1&state=S';
  const verificationUri = 'https://login.example/authorize?state=S';
  const pending = { method: 'browser', userCode: '', verificationUri, expiresAt: now } as const;
  expect(whyNotOf(pending, ended, now)).toBeUndefined();
  expect(whyNotOf(pending, verificationUri, now)).toContain('begins with http://localhost');
  for (const none of [undefined, { ...pending, method: 'device-code' }, { ...pending, expiresAt: now - 1 }] as const)
    expect(whyNotOf(none, ended, now)).toContain('No sign-in by browser waits');
});
