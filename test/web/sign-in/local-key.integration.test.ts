import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bareEnvironment, runToEnd } from '#test/cli/one-run.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';
import { createUserAgent } from '#test/web/sign-in/user-agent.ts';
import { localKeyFile, localKeyHeader, openLocalKey } from '#web/sign-in/local-key.ts';

let signed: SignedDesk | undefined;
afterEach(async () => {
  await signed?.close();
  signed = undefined;
});

describe('the key of this machine', () => {
  it('is made once, for its user alone, and goes to this machine alone', () => {
    const folder = join(temporaryFolder(), 'state');
    const key = openLocalKey(folder);
    expect(key).toEqual({ text: expect.stringMatching(/^[\w-]{43}$/), systemUser: userInfo().username });
    expect(statSync(localKeyFile(folder)).mode & 0o777).toBe(0o600);
    expect(openLocalKey(folder)).toEqual(key);
    expect(localKeyHeader(folder, 'http://127.0.0.1:8080')).toEqual({ authorization: `Bearer ${key.text}` });
    expect(localKeyHeader(folder, 'https://desk.contoso.example')).toEqual({});
    expect(localKeyHeader(temporaryFolder(), 'http://127.0.0.1:8080')).toEqual({});
  });

  it.each([
    ['others could read', (file: string) => chmodSync(file, 0o644)],
    ['holds something else', (file: string) => writeFileSync(file, 'password\n')],
  ])('is made anew where it %s', (_what, spoil) => {
    const folder = temporaryFolder();
    const { text } = openLocalKey(folder);
    spoil(localKeyFile(folder));
    expect(localKeyHeader(folder, 'http://localhost:1')).toEqual({});
    const again = openLocalKey(folder);
    expect(again.text).not.toBe(text);
    expect(statSync(localKeyFile(folder)).mode & 0o777).toBe(0o600);
  });

  it('is not read through a link that somebody put there', () => {
    const folder = temporaryFolder();
    const elsewhere = join(temporaryFolder(), 'key');
    writeFileSync(elsewhere, `${'A'.repeat(43)}\n`, { mode: 0o600 });
    symlinkSync(elsewhere, localKeyFile(folder));
    expect(openLocalKey(folder).text).not.toBe('A'.repeat(43));
    expect(readFileSync(elsewhere, 'utf8')).toContain('AAAA');
  });
});

describe('a command on the machine of the desk', () => {
  it('reads and acts under the name of its user, with nobody to sign in', async () => {
    const folder = temporaryFolder();
    const localKey = openLocalKey(folder);
    signed = await startSignedDesk({ signIn: { localKey } });
    await signed.entra.simulator.faults.start('unreachable');
    const { id } = signed.data.raise();
    const { desk } = signed;
    const headers = {
      ...localKeyHeader(folder, desk.url),
      'content-type': 'application/json',
      'x-tocsin-request': '1',
      'x-tocsin-client': 'cli',
    };
    const act = (body: object) =>
      fetch(`${desk.url}/api/emergencies/${id}/acknowledge`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect((await act({ by: 'Somebody Else' })).status).toBe(403);
    const done = await act({ by: localKey.systemUser });
    expect(done.status).toBe(200);
    expect(await done.json()).toMatchObject({ acknowledged: { by: `cli:${localKey.systemUser}`, from: 'cli' } });
    expect((await fetch(`${desk.url}/api/projections`, { headers })).status).toBe(404);
    expect((await fetch(`${desk.url}/api/audit`, { headers })).status).toBe(200);
    expect(signed.looks).toContainEqual(
      expect.objectContaining({ kind: 'export', over: 'cli', person: expect.objectContaining({ how: 'local-key' }) }),
    );
  });

  it('lists the record, of one caller as well, as a command', async () => {
    const folder = temporaryFolder();
    signed = await startSignedDesk({ signIn: { localKey: openLocalKey(folder) } });
    mkdirSync(join(folder, 'endpoints'));
    const endpoints = { pid: process.pid, version: 'x', roles: ['desk'], desk: signed.desk.url };
    writeFileSync(join(folder, 'endpoints', `${process.pid}.json`), JSON.stringify(endpoints));
    const { id } = signed.data.raise();
    const { id: other } = signed.data.raise({ caller: { name: 'Somebody Else' } });
    const run = (...options: readonly string[]) => runToEnd(['audit', 'list', ...options], bareEnvironment(folder));
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining(other), stderr: '' });
    const found = await run('--caller', 'Ana Petrova');
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining(id), stderr: '' });
    expect(found.stdout).not.toContain(other);
    const callerToken = signed.data.callerToken('name:ana petrova');
    expect(signed.looks).toMatchObject([
      { kind: 'export', over: 'cli', filter: {} },
      { kind: 'search', over: 'cli', callerToken },
      { kind: 'export', over: 'cli', filter: { callerToken } },
    ]);
  });

  it('is refused with another key, without one, and through the proxy', async () => {
    const localKey = openLocalKey(temporaryFolder());
    signed = await startSignedDesk({ signIn: { localKey } });
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${signed?.desk.url}/api/emergencies`, { headers })).status;
    expect(await ask({ authorization: `Bearer ${localKey.text}` })).toBe(200);
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: `Bearer ${'A'.repeat(43)}` })).toBe(401);
    expect(await ask({ authorization: `Basic ${localKey.text}` })).toBe(401);
    expect(await ask({ authorization: `Bearer ${localKey.text}`, 'x-forwarded-proto': 'https' })).toBe(401);
    const agent = createUserAgent();
    const passed = await agent.get(`${signed.origin}/api/emergencies`, { authorization: `Bearer ${localKey.text}` });
    expect(passed.status).toBe(401);
    await agent.close();
  });
});
