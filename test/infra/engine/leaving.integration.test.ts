import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { noEngine, savedOnce } from '#test/infra/engine/engine.ts';
import { eventually } from '#test/support/eventually.ts';
import { type RunningSystem, startSystem, temporalPid, untilWell } from '#test/system/subscribed/running-system.ts';

/** Tokens that are kept; the names alone. */
async function grants(stateDir: string): Promise<readonly string[]> {
  const file = join(stateDir, 'keys.db');
  const secrets = await createSqliteSecrets({
    file,
    masterKeyFile: `${file}.master`,
    clock: systemClock,
    ids: systemIds,
  });
  const found = await secrets.names('credential/');
  await secrets.close();
  return found.ok ? found.names : [];
}

/** Takes longer than other commands do. */
function tenantUp(
  stateDir: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const args = ['bin/tocsin.mjs', 'tenant', 'up', 'contoso', '--simulate', '--no-policy', '--no-start', '--json'];
  const env = { ...process.env, ...savedOnce, TOCSIN_STATE_DIR: stateDir, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 200_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
    );
  });
}

// The simulated Tocsin of a state folder, and a simulated stack beside it.
describeTemporal(`leaving a tenant${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`, () => {
  let started: RunningSystem | undefined;
  let answer = '';
  const system = () => started as RunningSystem;
  /** Resources in the simulated Azure. */
  const made = () => {
    const folder = join(system().stateDir, 'simulated-azure', 'cloud');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).length : 0;
  };

  beforeAll(async () => {
    if (noEngine !== undefined) return;
    started = await startSystem();
    const stack = async () => {
      const init = await system().cli('tenant', 'init', 'contoso', '--simulate', '--set', 'environment=test');
      expect(init.code, init.stderr).toBe(0);
      const up = await tenantUp(system().stateDir);
      expect(up.code, up.stderr).toBe(0);
      answer = up.stdout;
    };
    await Promise.all([stack(), untilWell(system(), undefined, 120_000)]);
  }, 240_000);
  afterAll(() => started?.close());

  it.skipIf(noEngine !== undefined)(
    'begins with a stack, of which a program was told the changes and the outputs',
    () => {
      expect(JSON.parse(answer)).toMatchObject({
        tenant: 'contoso',
        changes: { create: made(), update: 0, replace: 0, delete: 0, same: 0 },
        resources: expect.arrayContaining([expect.objectContaining({ op: 'create', name: 'vault' })]),
        outputs: { tenant: 'contoso', keyVaultUrl: expect.stringMatching(/^https:/) },
      });
      expect(answer).not.toMatch(/esdb\+discover:\/\/tocsin:/);
    },
  );

  it.skipIf(noEngine !== undefined)(
    'deletes nothing while the watch cannot be ended, and says what to do',
    async () => {
      const before = made();
      expect(before).toBeGreaterThan(50);
      const pid = temporalPid(system().stateDir);
      process.kill(pid, 'SIGSTOP');
      try {
        const refused = await system().cli('tenant', 'destroy', 'contoso', '--simulate');
        expect(refused.code, refused.stderr).toBe(69);
        expect(refused.stderr).toContain('The watch of contoso was not ended. Nothing was deleted.');
        expect(refused.stderr).toContain('--without-ending-watch');
        expect(refused.stderr).toContain('Revoke sessions');
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      expect(made()).toBe(before);
    },
    90_000,
  );

  it.skipIf(noEngine !== undefined)(
    'ends every subscription at Graph and forgets every sign-in, and only then deletes the stack',
    async () => {
      await untilWell(system());
      expect((await system().call({ caller: 'Hélène Dufour' })).unnotified).toEqual([]);
      expect(await grants(system().stateDir)).toContain('credential/chat/token-cache');

      const destroyed = await system().cli('tenant', 'destroy', 'contoso', '--simulate');
      expect(destroyed.code, destroyed.stderr).toBe(0);
      const said = destroyed.stderr;
      expect(said).toContain('the watch of contoso has ended: 6 subscriptions deleted at Graph, 2 sign-ins forgotten');
      expect(said.indexOf('the watch of contoso has ended')).toBeLessThan(said.search(/\d+ deleted, \d+ left/));
      expect(made()).toBe(0);

      const removed = (await system().recorded('subscription-')).filter(({ type }) => type === 'SubscriptionRemoved');
      expect(removed).toHaveLength(6);
      expect(new Set(removed.map(({ data }) => data['cause']))).toEqual(new Set(['shutdown']));
      const revoked = (await system().recorded('credential-')).filter(({ type }) => type === 'CredentialRevoked');
      expect(revoked.map(({ stream }) => stream).sort()).toEqual(['credential-chat', 'credential-events']);
      // Graph tells nobody any more.
      expect((await system().call({ caller: 'Grace Okonkwo' })).unnotified).not.toEqual([]);
      expect((await grants(system().stateDir)).filter((name) => name.endsWith('/token-cache'))).toEqual([]);
    },
    90_000,
  );

  it.skipIf(noEngine !== undefined)(
    'starts nothing again, not even after a restart, while the stack is being deleted',
    async () => {
      await system().crash();
      await eventually(
        'it was thought about',
        () => system().said().includes('somebody is deleting this tenant'),
        60_000,
      );
      const live = (await system().subscriptions()).filter(({ state }) => state === 'ok');
      expect(live).toEqual([]);
      expect((await system().credential('events'))?.state).toBe('revoked');
    },
    90_000,
  );
});
