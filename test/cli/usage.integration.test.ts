import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnvironment, bin, expectPlain, root, runToEnd } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}, cwd = root) =>
  runToEnd(args, bareEnvironment(join(temporaryFolder(), 'state'), more), { cwd });

describe('tocsin without a command that it knows', () => {
  it('prints its help when called alone, plain because nobody looks', async () => {
    const { code, stdout, stderr } = await run([], { TERM: 'xterm-256color' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: tocsin');
    expect(stdout).toContain('npx tocsin run --simulate');
    expectPlain(stdout);
  });

  it.each(['simulate', 'emergency', 'audit', 'projection'])(
    'prints the help of `%s` when it stands alone',
    async (noun) => {
      const { code, stdout } = await run([noun]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: tocsin ${noun}`);
    },
  );

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['emergenc', 'list'], "unknown command 'emergenc'", 'Did you mean emergency?'],
    [['emergency', 'lst'], "unknown command 'lst'", 'Did you mean list?'],
    [['simulate', 'call', '--caler', 'x'], "unknown option '--caler'", 'Did you mean --caller?'],
    [['status', 'now'], 'too many arguments', '--help'],
    [['emergency', 'acknowledge'], "missing required argument 'id'", '--help'],
    [['emergency', 'list', '--limit', '0'], 'whole number above 0', '--help'],
    [['simulate', 'chatter', '--rate', 'fast', '--seconds', '1'], 'number above 0', '--help'],
    [['run', 'guard'], 'there is no role guard', 'ingest, triage, resolve, desk'],
  ])('takes %j as wrong usage and helps', async (args, problem, help) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr).toContain(help);
  });

  it('cannot be made to steer a terminal by what it is given', async () => {
    const { code, stderr } = await run(['\u001b[2Jlist']);
    expect(code).toBe(2);
    expectPlain(stderr);
  });
});

describe('settings of the command line', () => {
  it('lists all that is wrong at once and exits with 78', async () => {
    const { code, stdout, stderr } = await run(['run', '--quarantine-days', 'many'], {
      TOCSIN_HTTP: '0.0.0.0:80',
      TOCSIN_EVENTHUB: 'x',
    });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    for (const name of ['TOCSIN_QUARANTINE_DAYS', 'TOCSIN_HTTP', 'TOCSIN_EVENTHUB is not a setting'])
      expect(stderr).toContain(name);
  });

  it('says which setting a role lacks', async () => {
    const { code, stderr } = await run(['run', 'ingest']);
    expect(code).toBe(78);
    expect(stderr).toContain('TOCSIN_EVENT_HUBS must be set');
    const worker = await run(['run', 'worker']);
    expect(worker).toMatchObject({ code: 78, stderr: expect.stringContaining('TOCSIN_TEMPORAL must be set') });
  });

  it('lets flags beat the environment, and the environment beat tocsin.json', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'tocsin.json'),
      JSON.stringify({ TOCSIN_EVENT_HUB: 'file', TOCSIN_CONSUMER_GROUP: 'file', TOCSIN_TEST_NUMBERS: '934' }),
    );
    const { stdout } = await run(
      ['doctor', '--simulate', '--json', '--event-hub', 'flag'],
      { TOCSIN_EVENT_HUB: 'environment', TOCSIN_CONSUMER_GROUP: 'environment' },
      folder,
    );
    expect((JSON.parse(stdout) as { readonly settings: unknown }).settings).toMatchObject({
      TOCSIN_EVENT_HUB: 'flag (command line)',
      TOCSIN_CONSUMER_GROUP: 'environment (environment)',
      TOCSIN_TEST_NUMBERS: '934 (tocsin.json)',
    });
  });

  it('takes no secret on the command line, where everybody on the machine can read it', async () => {
    const { code, stderr } = await run(['run', '--event-hubs', 'Endpoint=sb://x;SharedAccessKey=y']);
    expect(code).toBe(2);
    expect(stderr).toContain('TOCSIN_EVENT_HUBS_FILE');
  });

  it('takes the state folder before and after the command', async () => {
    const folder = join(temporaryFolder(), 'elsewhere');
    for (const args of [
      ['--state-dir', folder, 'doctor', '--simulate', '--json'],
      ['doctor', '--simulate', '--json', '--state-dir', folder],
    ]) {
      const { stdout } = await run(args);
      expect((JSON.parse(stdout) as { readonly settings: unknown }).settings).toMatchObject({
        TOCSIN_STATE_DIR: `${folder} (command line)`,
      });
    }
  });

  it('uses the flags of `run`', async () => {
    const folder = temporaryFolder();
    const child = spawn(
      process.execPath,
      [
        bin,
        'run',
        '--simulate',
        '--event-hub',
        'other-hub',
        '--simulator-partitions',
        '2',
        '--http',
        '[::1]:0',
        '--temporal',
        'off',
      ],
      { cwd: root, env: bareEnvironment(folder), stdio: 'ignore' },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const file = join(folder, 'endpoints.json');
    await eventually('endpoints.json', () => existsSync(file));
    const endpoints = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect(endpoints).toMatchObject({ eventHub: 'other-hub', desk: expect.stringContaining('http://[::1]:') });
    const gone = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await gone).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('names the port that is held by another process and exits with 69, before it took over any work from that one', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const folder = temporaryFolder();
    const { code, stderr } = await runToEnd(
      ['run', '--simulate', '--http', `127.0.0.1:${port}`],
      bareEnvironment(folder, {}),
      { cwd: root },
    );
    expect(code).toBe(69);
    expect(stderr).toContain(`port ${port} is held by another process`);
    expect(stderr).toContain('TOCSIN_HTTP');
    for (const taken of ['simulator', 'event-log.db', 'read-models'])
      expect(existsSync(join(folder, taken)), taken).toBe(false);
  });
});

const older = '/usr/bin/node';
const olderMajor = Number(
  spawnSync(older, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.split('.')[0],
);

describe.skipIf(!(olderMajor < 24))(`called by path under an older Node (skipped where ${older} is none)`, () => {
  const env = (folder: string) => bareEnvironment(folder);

  it('starts itself again under the Node that the project brings', async () => {
    const done = await runToEnd(['--version'], env(temporaryFolder()), { node: older });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await runToEnd(['nonsense'], env(temporaryFolder()), { node: older })).toMatchObject({ code: 2 });
  });

  it('hands on the signal that ends it, so that nothing goes on running alone', async () => {
    const folder = temporaryFolder();
    const child = spawn(older, [bin, 'run', '--simulate', '--temporal', 'off'], {
      cwd: root,
      env: env(folder),
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const file = join(folder, 'endpoints.json');
    await eventually('endpoints.json', () => existsSync(file));
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly pid: number };
    const gone = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await gone).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
