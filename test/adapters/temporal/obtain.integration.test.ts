import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tryLock } from '#adapters/programs/lock.ts';
import { runProgram } from '#adapters/programs/run-program.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { createDevServer } from '#adapters/temporal/dev-server/dev-server.ts';
import { cachedExecutable, pinnedVersion } from '#adapters/temporal/dev-server/find.ts';
import { findTemporal, type ObtainOptions, obtainTemporal } from '#adapters/temporal/dev-server/obtain.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { quietLog } from './start-temporal.ts';

const says = (server: string) => `#!/bin/sh\necho "temporal version 9.9.9 (Server ${server}, UI 2.0.0)"\n`;

function program(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** Nothing on the PATH, in the cache, on the internet or to build with. */
function nowhere(more: Partial<ObtainOptions> = {}) {
  const progress: string[] = [];
  const options: ObtainOptions = {
    cacheDir: temporaryFolder(),
    env: process.env,
    path: '',
    clock: systemClock,
    onProgress: (line) => progress.push(line),
    downloadBase: 'http://127.0.0.1:9',
    go: '/nowhere/go',
    ...more,
  };
  return { options, progress };
}

/** A Go that writes what it is told to build, and counts how often. */
const goThatBuilds = (folder: string, text: string) =>
  program(
    folder,
    'go',
    `#!/bin/sh
if [ "$1" = version ]; then echo go version go1.26; exit; fi
echo built >> ${folder}/count
echo github.com/temporalio/cli/cmd/temporal >&2
while [ "$1" != -o ]; do shift; done
sleep 0.2
cat > "$2" <<'END'
${text}END
chmod +x "$2"
`,
  );

test('a program that is named in the settings is used, whatever else there is', async () => {
  const folder = temporaryFolder();
  const named = program(folder, 'mine', says('1.31.2'));
  const { options } = nowhere({
    executable: named,
    path: dirname(program(`${folder}/bin`, 'temporal', says('1.30.0'))),
  });
  expect(await obtainTemporal(options)).toEqual({ ok: true, executable: named, source: 'setting', version: '1.31.2' });
});

test('a wrong path in the settings is said, and nothing else is tried', async () => {
  const { options, progress } = nowhere({ executable: '/nowhere/temporal' });
  expect(await obtainTemporal(options)).toEqual({
    ok: false,
    reason: 'not-to-be-had',
    detail: '/nowhere/temporal is not an executable file',
    remedy: 'correct or remove TOCSIN_TEMPORAL_CLI',
  });
  const other = program(temporaryFolder(), 'other', '#!/bin/sh\necho hello\n');
  expect(await findTemporal({ ...options, executable: other })).toMatchObject({
    ok: false,
    detail: `${other} is no Temporal command line`,
  });
  expect(progress).toEqual([]);
});

test('the PATH comes before the cache, but not with a server that is too old', async () => {
  const folder = temporaryFolder();
  const { options } = nowhere({ path: `/nowhere:${folder}` });
  program(dirname(cachedExecutable(options.cacheDir)), 'temporal', says('1.31.2'));
  program(folder, 'temporal', says('1.29.1'));
  expect(await findTemporal(options)).toMatchObject({ source: 'path', version: '1.29.1' });
  program(folder, 'temporal', says('1.28.9'));
  expect(await findTemporal(options)).toMatchObject({ source: 'cache', version: '1.31.2' });
});

test('where it cannot be had, what was tried and what can be done is said', async () => {
  const { options, progress } = nowhere();
  const result = await obtainTemporal(options);
  expect(result).toMatchObject({ ok: false, reason: 'not-to-be-had' });
  expect(result.ok === false && result.detail).toMatch(
    /no `temporal` on the PATH.*127\.0\.0\.1:9.*Go is not installed/,
  );
  expect(result.ok === false && result.remedy).toMatch(/TOCSIN_TEMPORAL_CLI/);
  expect(progress).toEqual([]);
});

test('a dev server that cannot be had says so and does not throw', async () => {
  const server = createDevServer({
    cacheDir: temporaryFolder(),
    env: process.env,
    stateDir: temporaryFolder(),
    executable: '/nowhere/temporal',
    namespace: 'tocsin',
    ports: { grpc: 0, ui: 0 },
    searchAttributes: {},
    clock: systemClock,
    log: quietLog,
    onProgress() {},
  });
  expect(await server.start()).toMatchObject({ ok: false, reason: 'not-to-be-had' });
  expect(server.state()).toMatchObject({ state: 'not-to-be-had', detail: expect.stringContaining('/nowhere') });
  await server.stop();
  expect(server.state()).toEqual({ state: 'stopped' });
});

test('it is downloaded where there is internet', async () => {
  const folder = temporaryFolder();
  program(folder, 'temporal', says('1.31.2'));
  const archive = join(folder, 'archive.tar.gz');
  await runProgram('tar', ['-czf', archive, '-C', folder, 'temporal'], { timeoutMs: 10_000, env: process.env });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const base = `http://${request.headers.host}`;
    if (request.url === '/archive') response.end(readFileSync(archive));
    else response.end(JSON.stringify({ archiveUrl: `${base}/archive`, fileToExtract: 'temporal' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { options, progress } = nowhere({ downloadBase: `http://127.0.0.1:${port}` });
  const result = await obtainTemporal(options);
  expect(result).toMatchObject({ ok: true, source: 'download', executable: cachedExecutable(options.cacheDir) });
  expect(asked[0]).toMatch(new RegExp(`^/cli/v${pinnedVersion()}\\?arch=\\w+&platform=\\w+&format=tar\\.gz&`));
  expect(progress[0]).toBe('downloading the Temporal dev server, once');
  expect(await obtainTemporal(options)).toMatchObject({ source: 'cache' });
});

test('an archive at another place, and one that is none, are refused', async () => {
  for (const answer of [{ archiveUrl: 'https://example.com/x', fileToExtract: 'temporal' }, { hello: 1 }, 'x']) {
    const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { options } = nowhere({ downloadBase: `http://127.0.0.1:${port}` });
    const result = await obtainTemporal(options);
    expect(result.ok === false && result.detail).toMatch(/example\.com|something else than an archive/);
    await new Promise((resolve) => server.close(resolve));
  }
});

test('it is built with Go otherwise, once for all who want it at the same time', async () => {
  const folder = temporaryFolder();
  const { options, progress } = nowhere({ go: goThatBuilds(folder, says('1.31.2')) });
  const results = await Promise.all([1, 2, 3].map(() => obtainTemporal(options)));
  expect(results.map((result) => (result.ok ? result.source : result.detail)).sort()).toEqual([
    'built',
    'cache',
    'cache',
  ]);
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('built\n');
  expect(progress).toContain('building the Temporal dev server with Go, about 3 minutes, once');
  expect(progress).toContain('another process is getting the Temporal dev server; waiting for it');
});

test('a build that fails leaves nothing behind that could be taken for the program', async () => {
  const go = program(
    temporaryFolder(),
    'go',
    '#!/bin/sh\n[ "$1" = version ] && exit\necho no module proxy >&2\nexit 1\n',
  );
  const { options } = nowhere({ go });
  const result = await obtainTemporal(options);
  expect(result.ok === false && result.detail).toContain('go build: no module proxy');
  expect(existsSync(cachedExecutable(options.cacheDir))).toBe(false);
  const left = readdirSync(options.cacheDir).filter((name) => !name.startsWith(`temporal-${pinnedVersion()}`));
  expect(left).toEqual([]);
});

test('a lock has one holder, in this process too, and is free once released', () => {
  const file = join(temporaryFolder(), 'a/lock');
  const held = tryLock(file);
  expect(held).toBeDefined();
  expect(tryLock(file)).toBeUndefined();
  held?.release();
  const again = tryLock(file);
  expect(again).toBeDefined();
  again?.release();
});
