import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createFakeIdentity, signInAgain } from '#test/workflows/fakes.ts';
import { createCredentialActivities } from '#workflows/activities/credentials.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';

const clock = { now: () => Date.UTC(2026, 0, 1) };

function refused(code: string) {
  const { identity, control } = createFakeIdentity({
    ...{ credential: 'chat', kind: 'delegated', clock, signedIn: true, tokenLifeMs: () => 3_600_000 },
  });
  control.trouble = signInAgain(code);
  let asked = 0;
  control.onRefusal = () => asked++;
  const ids = { fraction: () => 0.5 };
  const { refreshCredential } = createCredentialActivities({
    ...{ ids, clock, identity: () => identity },
  } as unknown as ActivityDeps);
  const refresh = (attempt: number, input: { readonly patient?: string; readonly everyMs?: number } = {}) =>
    new MockActivityEnvironment({ attempt }).run(refreshCredential, { credential: 'chat' as const, ...input });
  return { refresh, asked: () => asked };
}

describe('a sign-in that is refused', () => {
  it('is waited for where somebody elsewhere can repair it, as far apart as the workflow says, with jitter', async () => {
    const { refresh, asked } = refused('AADSTS65001');
    expect(await refresh(1)).toMatchObject({ word: 'sign-in-again', kind: 'soon', code: 'AADSTS65001' });
    const patient = { patient: 'AADSTS65001', everyMs: 40_000 };
    await expect(refresh(2, patient)).rejects.toMatchObject({ type: 'AADSTS65001', nextRetryDelay: 35_000 });
    expect(asked()).toBe(2);
  });

  it('is not asked for twice at once', async () => {
    const { refresh, asked } = refused('AADSTS53003');
    await expect(refresh(1, { patient: 'AADSTS53003', everyMs: 40_000 })).rejects.toMatchObject({
      nextRetryDelay: 35_000,
    });
    expect(asked()).toBe(0);
  });

  it('is answered at once where only a new sign-in helps, also while another refusal is waited out', async () => {
    const { refresh } = refused('AADSTS50173');
    const gone = { ok: false, word: 'sign-in-again', kind: 'later', code: 'AADSTS50173' };
    expect(await refresh(1)).toMatchObject(gone);
    expect(await refresh(2, { patient: 'AADSTS65001', everyMs: 40_000 })).toMatchObject(gone);
  });
});
