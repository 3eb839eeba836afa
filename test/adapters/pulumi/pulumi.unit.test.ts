import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedExecutable, pinnedVersion } from '#adapters/pulumi/engine/find.ts';
import { findEngine, obtainEngine } from '#adapters/pulumi/engine/obtain.ts';
import { createEngineCommand } from '#adapters/pulumi/engine-command.ts';
import { languageHostFolder } from '#adapters/pulumi/language-host.ts';
import { pendingCreations, type StackState, settlePending } from '#adapters/pulumi/stack-state.ts';
import { createStepReader, plain, type RunProgress } from '#adapters/pulumi/steps.ts';
import { systemClock } from '#adapters/system/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-pulumi-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('finding the engine', () => {
  const given = () => ({ cacheDir: join(folder, 'cache'), path: join(folder, 'bin'), env: process.env });

  it('takes the one that was asked for, and no other when that is of no use', async () => {
    program(join(folder, 'bin/pulumi'), 'echo v3.259.0');
    const executable = program(join(folder, 'mine'), 'echo v3.300.1');
    expect(await findEngine({ ...given(), executable })).toMatchObject({
      ok: true,
      source: 'setting',
      version: '3.300.1',
    });
    expect(await findEngine({ ...given(), executable: join(folder, 'none') })).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('TOCSIN_PULUMI_CLI'),
    });
  });

  it('passes over one that is too old, takes the one in the cache, and says what it tried', async () => {
    program(join(folder, 'bin/pulumi'), 'echo v3.100.0');
    expect(await findEngine(given())).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/is Pulumi 3\.100\.0.*nothing in/),
    });
    program(cachedExecutable(given().cacheDir), `echo v${pinnedVersion()}`);
    expect(await findEngine(given())).toMatchObject({ ok: true, source: 'cache' });
  });

  it('builds it with Go into the cache, with its version in it', async () => {
    const go = program(
      join(folder, 'go'),
      `[ "$1" = version ] && exit 0
while [ "$1" != -o ]; do [ "$1" = -ldflags ] && stamp="$2"; shift; done
printf '#!/bin/sh\\necho %s\\n' "\${stamp##*=}" > "$2"; chmod +x "$2"; echo github.com/pulumi/pulumi/pkg >&2`,
    );
    const lines: string[] = [];
    const got = await obtainEngine({ ...given(), clock: systemClock, go, onProgress: (line) => lines.push(line) });
    expect(got).toEqual({
      ok: true,
      source: 'built',
      version: pinnedVersion(),
      executable: cachedExecutable(given().cacheDir),
    });
    expect(lines[0]).toContain('once');
  });

  it('says what to install where there is no Go', async () => {
    const got = await obtainEngine({
      ...given(),
      clock: systemClock,
      go: join(folder, 'nothing'),
      onProgress: () => {},
    });
    expect(got).toMatchObject({
      ok: false,
      detail: expect.stringContaining('Go is not installed'),
      remedy: expect.stringContaining('pulumi.com'),
    });
  });
});

describe('calling the engine', () => {
  it('hands a secret over on standard input, and asks nothing of a terminal', async () => {
    const executable = program(join(folder, 'pulumi'), 'echo "$@"; cat');
    const command = createEngineCommand({ executable, version: '3.259.0', env: { PATH: process.env['PATH'] } });
    const { stdout } = await command.run(['config', 'set'], { cwd: folder, input: 'hidden' });
    expect(stdout).toBe('config set --non-interactive\nhidden');
  });

  it('ends a command that has no signal of its own where whoever wanted it does not any more', async () => {
    const executable = program(join(folder, 'pulumi'), 'echo begun; exec sleep 600');
    const stopping = new AbortController();
    const env = { PATH: process.env['PATH'] };
    const command = createEngineCommand({ executable, version: '3.259.0', env, signal: stopping.signal });
    const ended = command.must(['stack', 'export'], { cwd: folder }).catch((error: unknown) => error);
    stopping.abort();
    expect(await ended).toBeInstanceOf(Error);
    const { run } = command.forAutomation as unknown as { run(...given: readonly unknown[]): Promise<unknown> };
    expect(await run(['stack', 'ls'], folder, {}).catch((error: unknown) => error)).toBeInstanceOf(Error);
  });

  it('asks for outputs without their secrets, and not for what nobody reads', async () => {
    const asked = join(folder, 'asked');
    const executable = program(join(folder, 'pulumi'), `echo "$@" >> ${asked}; echo '{"key":"[secret]"}'`);
    const command = createEngineCommand({ executable, version: '3.259.0', env: { PATH: process.env['PATH'] } });
    const { run } = command.forAutomation as unknown as {
      run(args: readonly string[], cwd: string, env: object): Promise<{ readonly stdout: string }>;
    };
    const outputs = ['stack', 'output', '--json', '--stack', 'a'];
    for (let round = 0; round < 2; round++) {
      expect((await run(outputs, folder, {})).stdout).toBe('{"key":"[secret]"}\n');
      expect((await run([...outputs, '--show-secrets'], folder, {})).stdout).toBe('{"key":"[secret]"}\n');
      expect((await run(['stack', 'history', '--json', '--show-secrets'], folder, {})).stdout).toBe('[]');
    }
    expect(readFileSync(asked, 'utf8')).toBe('stack output --json --stack a --non-interactive\n'.repeat(2));
  });

  it('writes a language host that Node runs, under the name that the engine looks for', () => {
    const file = join(languageHostFolder(folder), 'pulumi-language-nodejs');
    expect(readFileSync(file, 'utf8')).toContain('language-host-worker.ts');
    expect(() => execFileSync('sh', ['-n', file])).not.toThrow();
  });
});

describe('what the engine tells', () => {
  const metadata = (op: string, more: object = {}) => ({
    op,
    urn: 'urn:pulumi:s::p::tocsin:infra:Keys$azure-native:keyvault:Vault::vault',
    type: 'azure-native:keyvault:Vault',
    provider: '',
    ...more,
  });

  it('becomes steps, counts and messages', () => {
    const told: RunProgress[] = [];
    const reader = createStepReader(
      (progress) => told.push(progress),
      () => 0,
    );
    const read = (event: object) => reader.read(event as never);
    read({
      resourcePreEvent: {
        metadata: metadata('update', {
          detailedDiff: { 'properties.sku': { diffKind: 'update-replace' } },
          old: { inputs: { a: 1 } },
          new: { inputs: { a: 2 } },
        }),
      },
    });
    read({ resOutputsEvent: { metadata: metadata('update') } });
    read({ resourcePreEvent: { metadata: metadata('create-replacement') } });
    read({ diagnosticEvent: { severity: 'error', message: '<{%fg 1%}>bad<{%reset%}>', color: 'raw' } });
    read({ diagnosticEvent: { severity: 'error', message: 'bad', color: 'raw' } });
    read({
      policyEvent: { message: 'open', policyName: 'closed', enforcementLevel: 'mandatory', resourceUrn: 'a::b' },
    });
    read({ policyEvent: { message: "can't run policy 'x'", policyName: 'x', enforcementLevel: 'warning' } });
    read({ summaryEvent: { resourceChanges: { create: 2, same: 3 } } });
    expect(reader.steps).toEqual([
      expect.objectContaining({
        op: 'update',
        name: 'vault',
        component: 'tocsin:infra:Keys',
        changed: ['properties.sku'],
        replacing: ['properties.sku'],
        inputs: { a: 2 },
        before: { a: 1 },
      }),
    ]);
    expect(reader.counts()).toEqual({ create: 2, update: 0, replace: 0, delete: 0, same: 3 });
    expect(reader.violations).toEqual(['b: open (policy closed)']);
    expect(reader.undecided()).toBe(1);
    expect(told.map(({ kind }) => kind)).toEqual(['started', 'done', 'message', 'message']);
    expect(plain('<{%fg 1%}>x<{%reset%}>')).toBe('x');
  });

  it('counts what was done where the engine was killed, and knows that it may be more', () => {
    const endOf = (planning: boolean, ...events: readonly object[]) => {
      const reader = createStepReader(
        () => {},
        () => 0,
      );
      for (const op of ['create', 'update']) {
        reader.read({ resourcePreEvent: { metadata: metadata(op), planning } } as never);
        reader.read({ resOutputsEvent: { metadata: metadata(op), planning } } as never);
      }
      reader.read({
        resOutputsEvent: { metadata: metadata('create', { new: { custom: false } }), planning },
      } as never);
      for (const event of events) reader.read(event as never);
      return { counts: reader.counts(), cut: reader.cut() };
    };
    const none = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
    expect(endOf(false)).toEqual({ counts: { ...none, create: 1, update: 1 }, cut: true });
    expect(endOf(false, { summaryEvent: { resourceChanges: { create: 7 } } })).toEqual({
      ...{ counts: { ...none, create: 7 }, cut: false },
    });
    expect(endOf(true)).toEqual({ counts: none, cut: false });
  });

  it('tells what a look at the cloud found when it ends', () => {
    const reader = createStepReader(
      () => {},
      () => 0,
    );
    reader.read({ resourcePreEvent: { metadata: metadata('refresh') } } as never);
    reader.read({ resOutputsEvent: { metadata: metadata('delete') } } as never);
    expect(reader.steps.map(({ op }) => op)).toEqual(['delete']);
  });
});

describe('creations without a known end', () => {
  const resource = (name: string) => ({ urn: `urn::${name}`, type: 't', custom: true, inputs: { name } });
  const state: StackState = {
    resources: [{ ...resource('there'), id: '/there' }],
    pending_operations: [
      { type: 'creating', resource: resource('made') },
      { type: 'creating', resource: resource('not-made') },
      { type: 'creating', resource: resource('there') },
      { type: 'deleting', resource: resource('other') },
    ],
  };

  it('are adopted where the id is known and forgotten where not, and nothing is there twice', () => {
    expect(pendingCreations(state)).toHaveLength(3);
    const settled = settlePending(
      state,
      new Map([
        ['urn::made', '/made'],
        ['urn::there', '/there'],
      ]),
    );
    expect(settled.resources?.map(({ urn, id }) => `${urn} ${id}`)).toEqual(['urn::there /there', 'urn::made /made']);
    expect(settled.pending_operations?.map(({ type }) => type)).toEqual(['deleting']);
  });

  it('keep what the directory never says again, so that an adopted certificate is not made anew', () => {
    const certificate = {
      ...{ urn: 'urn::c', type: 'azuread:index/applicationCertificate:ApplicationCertificate', custom: true },
      inputs: { value: 'pem', __defaults: [] },
    };
    const { resources } = settlePending(
      { pending_operations: [{ type: 'creating', resource: certificate }] },
      new Map([['urn::c', 'a/certificate/k']]),
    );
    expect(resources?.[0]).toEqual({ ...certificate, id: 'a/certificate/k', outputs: { value: 'pem' } });
  });
});
