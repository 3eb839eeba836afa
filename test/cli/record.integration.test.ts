import { describe, expect, it } from 'vitest';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { bareEnvironment, expectPlain, runToEnd, useOneRun } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { auditRecordSchema, healthSchema } from '#web/schema-answers.ts';

const run = useOneRun('--temporal', 'off');

interface Stored {
  readonly position: string;
  readonly stream: string;
  readonly type: string;
  readonly id: string;
}

const stored = async (...options: readonly string[]): Promise<Stored[]> => {
  const { code, stdout, stderr } = await run.tocsin('audit', 'list', '--json', ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Stored);
};

describe('tocsin audit', () => {
  it('lists the stored record in log order, one event a line, each in the shape of the interface', async () => {
    await run.dial();
    const all = await stored('--limit', '1000');
    for (const one of all) expect(auditRecordSchema.safeParse(one)).toMatchObject({ success: true });
    expect(all.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['KeyStoreBound', 'Microsoft.Graph.EmergencyCallEvent', 'EmergencyRaised']),
    );
    const positions = all.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort());
    expect((await stored('--limit', '2')).length).toBe(2);
    expect((await stored('--after', positions[1] ?? '', '--limit', '1'))[0]?.position).toBe(positions[2]);
  });

  it('filters by stream, type, feed and emergency, and begins with the newest when asked to', async () => {
    const { id } = await run.dial();
    expect(new Set((await stored('--stream', `emergency-${id}`)).map(({ stream }) => stream))).toEqual(
      new Set([`emergency-${id}`]),
    );
    expect(new Set((await stored('--type', 'EmergencyRaised')).map(({ type }) => type))).toEqual(
      new Set(['EmergencyRaised']),
    );
    expect((await stored('--emergency', id)).map(({ type }) => type)).toContain('EmergencyRaised');
    expect(new Set((await stored('--feed', 'chat')).map(({ type }) => type))).toContain(
      'Microsoft.Graph.ChatMessageCreated',
    );
    const newest = (await stored('--order', 'newest', '--limit', '5')).map(({ position }) => position);
    expect(newest).toEqual([...newest].sort().reverse());
  });

  it('finds what is about a caller, by name or number, as an argument or from stdin', async () => {
    const { id } = await run.dial({ caller: 'Frieda Findable' });
    const found = await stored('--caller', 'frieda findable', '--limit', '1000');
    expect(new Set(found.map(({ type }) => type))).toEqual(
      new Set([
        ...['Microsoft.Graph.ChatMessageCreated', 'Microsoft.Graph.EmergencyCallEvent'],
        ...['EmergencyRaised', 'EmergencyEnriched'],
      ]),
    );
    expect(new Set(found.map(({ stream }) => stream).filter((stream) => stream.startsWith('emergency-')))).toEqual(
      new Set([`emergency-${id}`]),
    );
    const { caller } = await run.ask<{ readonly caller: { readonly callbackNumber: string } }>(
      `/api/emergencies/${id}`,
    );
    expect((await stored('--caller', caller.callbackNumber, '--stream', `emergency-${id}`)).length).toBeGreaterThan(0);
    expect(await stored('--caller', 'Frieda')).toEqual([]);
    const env = bareEnvironment(run.stateDir);
    const piped = await runToEnd(['audit', 'list', '--caller', '-', '--type', 'EmergencyRaised'], env, {
      input: 'Frieda Findable\n',
    });
    expect(piped).toMatchObject({ code: 0, stdout: expect.stringContaining(`emergency-${id}`), stderr: '' });
    const nothing = await runToEnd(['audit', 'list', '--caller', '-'], env, { input: '' });
    expect(nothing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('stdin') });
  });

  it('prints a table for people', async () => {
    const { stdout } = await run.tocsin('audit', 'list', '--limit', '3');
    expect(stdout.split('\n')[0]).toMatch(/^POSITION +RECORDED +STREAM +REV +TYPE +ID$/);
    expectPlain(stdout);
  });

  it('shows one event whole, by its id or its position', async () => {
    const [one] = await stored('--limit', '1');
    expect(await run.json('audit', 'show', one?.id ?? '')).toEqual(one);
    expect(await run.json('audit', 'show', one?.position ?? '')).toEqual(one);
    const { stdout } = await run.tocsin('audit', 'show', one?.id ?? '');
    expect(JSON.parse(stdout)).toEqual(one);
    expect(await run.tocsin('audit', 'show', '6f1a1b7c-6a5e-5f0e-9d3b-2c8e5a7d4f10')).toMatchObject({
      code: 1,
      stdout: '',
    });
  });

  it('follows what is stored from now on and nothing older', async () => {
    const before = await run.dial();
    const following = run.start('audit', 'follow', '--json');
    const seen = () => following.lines.map((line) => JSON.parse(line) as Stored);
    // It says nothing when it is ready, so somebody dials until one is followed.
    await eventually('a later one is followed', async () => {
      await run.dial({ feed: 'events' });
      return seen().some(({ type }) => type === 'EmergencyRaised');
    });
    await following.end();
    expect(seen().some(({ stream }) => stream === `emergency-${before.id}`)).toBe(false);
    expect(following.stderr()).toBe('');
  });

  it('folds the log again and comes to the same, and says so when it does not', async () => {
    await run.dial();
    expect(await run.json('audit', 'replay')).toMatchObject({
      equal: true,
      events: expect.any(Number),
      emergencies: { open: expect.any(Number) },
    });
    const { code, stdout } = await run.tocsin('audit', 'replay', '--expect', '00'.repeat(32));
    expect(code).toBe(1);
    expect(stdout).toContain('DIFFERENT');
    expectPlain(stdout);
    // A word that is no digest says nothing about the record.
    expect(await run.tocsin('audit', 'replay', '--expect', 'abc')).toMatchObject({ code: 2, stdout: '' });
    const early = await run.json<{ readonly emergencies: { readonly total: number } }>(
      'audit',
      'replay',
      '--at',
      '2001-01-01T00:00:00Z',
    );
    expect(early.emergencies.total).toBe(0);
    for (const time of ['noon', '2026-11-21T12:00:00', '2026-11-31', '11/12/2026'])
      expect((await run.tocsin('audit', 'replay', '--at', time)).code).toBe(2);
  });
});

describe('tocsin quarantine', () => {
  it('lists what nobody could read, and has it read again', async () => {
    const { eventHubs = '', eventHub: hub = '' } = run.endpoints;
    const connection = { kind: 'connection-string', value: eventHubs } as const;
    const publisher = createEventHubsPublisher({ connection, hub, transport: 'amqp', clock: systemClock });
    await publisher.publish([{ body: new TextEncoder().encode('{"half') }]);
    await publisher.close();
    const all = async () => (await run.ask<{ items: { id: string; state: string }[] }>('/api/quarantine')).items;
    const [one] = await eventually('it is on record', async () => (await all()).length > 0 && all());
    const listed = await run.tocsin('quarantine', 'list');
    expect(listed.stdout).toMatch(/ +tocsin\.undecodable +\S+ +6 +kept +20/);
    expect(listed.stderr).toBe('1 in all, of which 1 can be published again.\n');
    expect(await run.json('quarantine', 'publish', '--all', '--json')).toEqual({
      items: [{ id: one?.id, started: true }],
    });
    // Nobody mended anything: it lies there once more.
    await eventually('it was read again', async () => {
      const [again, first] = await all();
      return again?.state === 'kept' && first?.state === 'published';
    });
    const [again] = await all();
    expect((await run.tocsin('quarantine', 'publish', String(again?.id))).stderr).toBe(
      `${again?.id}: asked for; \`npx tocsin quarantine list\` shows what comes of it\n`,
    );
  });
});

describe('tocsin projection', () => {
  it('lists the read models', async () => {
    const { items } = await run.json<{ readonly items: readonly { readonly name: string }[] }>('projection', 'list');
    expect(items.map(({ name }) => name)).toEqual(['emergencies', 'audit', 'health', 'watch']);
    const { stdout } = await run.tocsin('projection', 'list');
    expect(stdout).toMatch(/^emergencies +up to date +\d+$/m);
  });

  it('rebuilds one while it serves, and what comes out equals what was there', async () => {
    await run.dial();
    for (const name of ['emergencies', 'audit', 'health', 'watch'])
      expect(await run.json('projection', 'rebuild', name)).toMatchObject({ name, equal: true });
    const { code, stdout } = await run.tocsin('projection', 'rebuild', 'audit');
    expect(code).toBe(0);
    expect(stdout).toContain('equal to the one it replaced');
  });

  it('prints the digest of one', async () => {
    const found = await run.json<{ readonly digest: string }>('projection', 'digest', 'emergencies');
    expect(found.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await run.tocsin('projection', 'digest', 'emergencies')).stdout).toContain(found.digest);
  });

  it.each(['digest', 'rebuild'])('says which there are when %s is asked of another', async (verb) => {
    const { code, stderr } = await run.tocsin('projection', verb, 'nonsense');
    expect(code).toBe(2);
    expect(stderr).toContain('projection list');
  });
});

describe('tocsin status and doctor', () => {
  it('tells on one page how everything is', async () => {
    await run.dial();
    const status = await eventually('it listens', async () => {
      const { code, stdout } = await run.tocsin('status', '--json');
      return (
        code === 0 &&
        (JSON.parse(stdout) as {
          readonly processes: readonly object[];
          readonly rows: unknown;
          readonly listening: unknown;
        })
      );
    });
    expect(status.processes).toMatchObject([{ roles: expect.arrayContaining(['ingest', 'desk']), answers: true }]);
    expect(healthSchema.partial().safeParse({ rows: status.rows, listening: status.listening })).toMatchObject({
      success: true,
    });
    const { stdout, stderr } = await run.tocsin('status');
    expect(stdout).toMatch(/^LISTENING {2}last proved/);
    expect(stdout).toMatch(/^ok +projection +emergencies/m);
    expect(stderr).toBe('');
    expectPlain(stdout);
  });

  it('finds nothing wrong with a simulated run', async () => {
    const { code, stdout, stderr } = await run.tocsin('doctor');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const check of ['settings', 'key store', 'event log', 'seals', 'event hub', 'ownership'])
      expect(stdout).toMatch(new RegExp(`^ok +${check}`, 'm'));
    expectPlain(stdout);
  });

  it('explains a fault and what to do, and never shows a secret', async () => {
    const { code, stdout } = await run.tocsin('doctor', '--event-hub', 'another-hub', '--json');
    expect(code).toBe(69);
    const report = JSON.parse(stdout) as {
      readonly findings: readonly { readonly check: string; readonly remedy?: string }[];
      readonly settings: Readonly<Record<string, string>>;
    };
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: 'event hub', state: 'fault', remedy: expect.any(String) }),
    );
    expect(report.settings['TOCSIN_EVENT_HUB']).toBe('another-hub (command line)');
    expect(report.settings['TOCSIN_EVENT_HUBS']).toBe('(secret) (environment)');
    expect(stdout).not.toContain('SharedAccessKey=');
  });
});
