import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { watchPolicies } from '#cli/roles/policy-watch.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { eventually } from '#test/support/eventually.ts';

const listed = (...names: readonly string[]) =>
  JSON.stringify(names.map((name) => ({ Identity: `Tag:${name}`, NotificationGroup: 'desk@contoso.com' })));

async function start(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-policies-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const policyList = join(folder, 'policies.json');
  const write = (now: string) => writeFileSync(policyList, now);
  write(text);
  const clock = createManualClock(0);
  const lines: unknown[] = [];
  const log = { info: (line: unknown) => lines.push(line), error: (line: unknown) => lines.push(line) };
  const told: (readonly string[])[] = [];
  const policies = watchPolicies(
    { settings: { policies: ['HQ'], policyList }, clock, log } as unknown as Parameters<typeof watchPolicies>[0],
    (names) => told.push(names),
  );
  const ending = new AbortController();
  const ended = policies.run(ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
  const look = async () => {
    await eventually('it waits', () => clock.sleepers() === 1);
    clock.advance(15_000);
    await eventually('it waits again', () => clock.sleepers() === 1);
  };
  return { policies, write, look, told, lines };
}

it('reads the list of policies anew when it changed, and says at once that it did', async () => {
  const { policies, write, look, told } = await start(listed('A', 'B'));
  expect(policies.names()).toEqual(['HQ', 'A', 'B']);
  await look();
  await look();
  expect(told).toEqual([]);
  const changed = policies.changed();
  write(listed('B', 'C'));
  await look();
  await look();
  expect(policies.names()).toEqual(['HQ', 'B', 'C']);
  expect([told, changed.aborted, policies.changed().aborted]).toEqual([[['HQ', 'B', 'C']], true, false]);
});

it('takes nothing from a file that is only half written', async () => {
  const { policies, write, look, told } = await start('Identity\nTag:A\nTag:B\n');
  await look();
  write('Identity\nTag:A\n');
  await look();
  write('Identity\nTag:A\nTag:B\n');
  await look();
  await look();
  expect([told, policies.trouble()]).toEqual([[], undefined]);
});

it('keeps the last good list while the file is broken, and says what is wrong with it and what to do', async () => {
  const { policies, write, look, lines } = await start(listed('A'));
  write('[{"Identity": "Tag:A"}, {"Description": "no name"}]');
  for (let n = 0; n < 4; n++) await look();
  expect(policies.names()).toEqual(['HQ', 'A']);
  expect(policies.trouble()).toMatchObject({
    ...{ kind: 'feed', name: 'policies', state: 'trouble' },
    word: expect.stringMatching(/TOCSIN_POLICY_LIST: .* has no Identity in entry 2 of 2; the 2 of before are watched/),
    next: expect.stringContaining('Get-CsTeamsEmergencyCallingPolicy | ConvertTo-Json'),
  });
  expect(lines).toHaveLength(1);
  write(listed('A'));
  await look();
  await look();
  expect(policies.trouble()).toBeUndefined();
});
