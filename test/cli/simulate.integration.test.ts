import { describe, expect, it } from 'vitest';
import { sites } from '#simulator/teams/directory.ts';
import { expectPlain, useOneRun } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';

const run = useOneRun('--temporal', 'off');

interface Made {
  readonly callId: string;
  readonly emergencyId: string;
  readonly publishedAt: string;
}

interface Emergency {
  readonly id: string;
  readonly test: boolean;
  readonly verified: boolean;
  readonly feeds: readonly string[];
  readonly dialledNumber?: string;
  readonly caller?: { readonly name?: string };
  readonly location?: Readonly<Record<string, string | number>>;
  readonly language?: string;
  readonly reasons: readonly string[];
}

let callers = 0;

/** Somebody else dials each time, so that no call can be taken for another; the emergency as it is once every feed reported it. */
async function dial(feeds: readonly string[], ...options: readonly string[]): Promise<Emergency> {
  const caller = options.includes('--caller') ? [] : ['--caller', `Caller ${++callers}`];
  const { emergencyId } = await run.json<Made>('simulate', 'call', '--wait', ...caller, ...options);
  return eventually(`${feeds.join(' and ')} reported ${emergencyId}`, async () => {
    const found = await run.ask<Emergency>(`/api/emergencies/${emergencyId}`);
    return feeds.every((feed) => found.feeds.includes(feed)) && found;
  });
}

const both = ['chat', 'events'];

describe('tocsin simulate call', () => {
  it('dials 911 on both feeds with a complete caller and location, and says where to look', async () => {
    const { code, stdout, stderr } = await run.tocsin('simulate', 'call', '--wait');
    const [callId, emergencyId, ...more] = stdout.trim().split('\n');
    expect(code).toBe(0);
    expect([callId, emergencyId]).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
    expect(more).toEqual([]);
    expect(stderr).toContain(`${run.endpoints['desk']}/emergencies/${emergencyId}`);
    expectPlain(stdout);
    const shown = await run.json<Emergency>('emergency', 'show', emergencyId ?? '');
    expect(shown).toMatchObject({ dialledNumber: '911', verified: true, test: false });
    expect(shown.caller?.name).toBeTruthy();
    expect(shown.location).toMatchObject({ street: expect.stringMatching(/^\d/), city: expect.any(String) });
  });

  it('prints the id of the call alone without --wait', async () => {
    const { code, stdout } = await run.tocsin('simulate', 'call');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  it('gives callId, emergencyId and publishedAt as JSON', async () => {
    const made = await run.json<Made>('simulate', 'call', '--wait');
    expect(Object.keys(made).sort()).toEqual(['callId', 'emergencyId', 'publishedAt']);
    expect(new Date(made.publishedAt).toISOString()).toBe(made.publishedAt);
    expect(Object.keys(await run.json<Made>('simulate', 'call')).sort()).toEqual(['callId', 'publishedAt']);
  });

  it('takes caller, number, street and floor', async () => {
    const found = await dial(
      both,
      ...['--caller', 'Grace Okonkwo', '--number', '112', '--street', '99 Invented Row', '--floor', 'Roof'],
    );
    expect(found).toMatchObject({
      caller: { name: 'Grace Okonkwo' },
      dialledNumber: '112',
      location: { street: '99 Invented Row', floor: 'Roof' },
    });
  });

  it.each(sites.map(({ language }) => language))('is recognised when the message is in %s', async (language) => {
    const found = await dial(['chat'], '--feed', 'chat', '--language', language);
    expect(found).toMatchObject({ feeds: ['chat'], verified: true, language: language.slice(0, 2) });
    expect(found.reasons).toContain('known-phrase');
  });

  it('comes on one feed alone', async () => {
    expect((await dial(['chat'], '--feed', 'chat')).feeds).toEqual(['chat']);
    expect((await dial(['events'], '--feed', 'events')).feeds).toEqual(['events']);
  });

  it('comes through Event Grid', async () => {
    expect(await dial(both, '--delivery', 'event-grid')).toMatchObject({ verified: true });
  });

  it('comes without its content on the chat feed, which is fetched from Graph', async () => {
    const found = await dial(both, '--basic');
    expect(found).toMatchObject({ verified: true });
    expect([...found.feeds].sort()).toEqual(both);
  });

  it('dials the test number', async () => {
    expect(await dial(['events'], '--test')).toMatchObject({ test: true, dialledNumber: '933' });
  });

  it.each([
    ['a test call that the chat alone cannot tell', ['--test', '--feed', 'chat'], '--test needs the events feed'],
    ['a test call with a number', ['--test', '--number', '911'], 'leave out --number'],
    ['a basic notice on the events feed', ['--basic', '--feed', 'events'], 'the events feed is rich only'],
    ['a delivery that is not built yet', ['--delivery', 'webhook'], 'not built yet'],
    ['a feed that there is not', ['--feed', 'fax'], 'chat, events, both'],
  ])('refuses %s as wrong usage', async (_, options, message) => {
    const { code, stdout, stderr } = await run.tocsin('simulate', 'call', ...options);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('shows a name that would steer a terminal as text', async () => {
    const { id } = await dial(both, '--caller', '\u001b[2J\u001b]0;owned\u0007Mallory');
    for (const command of [
      ['emergency', 'list'],
      ['emergency', 'show', id],
    ]) {
      const { code, stdout } = await run.tocsin(...command);
      expect(code).toBe(0);
      expect(stdout).toContain('Mallory');
      expectPlain(stdout);
    }
  });
});

describe('the rest of tocsin simulate', () => {
  it('chats', async () => {
    expect(await run.json('simulate', 'chatter', '--rate', '50', '--seconds', '0.2')).toEqual({
      published: 10,
      failed: 0,
    });
    const { stdout } = await run.tocsin('simulate', 'chatter', '--rate', '50', '--seconds', '0.1');
    expect(stdout).toBe('5 published, 0 failed\n');
  });

  it.each([
    ['probe', 'tocsin.probe'],
    ['reauthorizationRequired', 'Microsoft.Graph.SubscriptionReauthorizationRequired'],
    ['subscriptionRemoved', 'Microsoft.Graph.SubscriptionRemoved'],
    ['missed', 'Microsoft.Graph.SubscriptionMissed'],
  ])('publishes the notice %s', async (kind, type) => {
    const { code, stdout, stderr } = await run.tocsin('simulate', 'notice', kind);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'Published.\n' });
    await eventually(
      type,
      async () => (await run.ask<{ readonly total: number }>(`/api/audit/counts?type=${type}`)).total > 0,
    );
  });

  it('tells the settings of the running simulators, as lines and as JSON', async () => {
    const settings = await run.json<Record<string, string>>('simulate', 'settings');
    expect(settings).toMatchObject({
      TOCSIN_EVENT_HUBS: run.endpoints['eventHubs'],
      TOCSIN_EVENT_HUB: 'teams-emergency',
      TOCSIN_EVENT_LOG: run.endpoints['eventStoreDB'],
    });
    const { stdout } = await run.tocsin('simulate', 'settings', '--env');
    expect(stdout).toBe(
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
  });

  it('lists faults, begins one, and ends it after the time that was asked for', async () => {
    const faults = await run.json<{ readonly name: string; readonly description: string }[]>(
      'simulate',
      'fault',
      '--list',
    );
    expect(faults.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['event-hubs.throttle', 'event-hubs.silent-partition', 'eventstoredb.dies']),
    );
    expect((await run.tocsin('simulate', 'fault', '--list')).stdout).toContain('event-hubs.drop-connection');
    const done = await run.tocsin('simulate', 'fault', 'event-hubs.throttle', '--for', '0.1');
    expect(done).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'event-hubs.throttle: begun\nevent-hubs.throttle: ended\n',
    });
  });

  it('ends the fault when it is interrupted itself', async () => {
    const faulting = run.start('simulate', 'fault', 'event-hubs.throttle', '--for', '600');
    await eventually('it began', () => faulting.stderr().includes('begun'));
    await faulting.end();
    expect(faulting.stderr()).toContain('event-hubs.throttle: ended');
    expect((await run.tocsin('simulate', 'call')).code).toBe(0);
  });

  it('says which faults there are when one is not known', async () => {
    const { code, stderr } = await run.tocsin('simulate', 'fault', 'gremlins');
    expect(code).toBe(2);
    expect(stderr).toContain('simulate fault --list');
  });
});
