import { describe, expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { board, deskOf, getJson, listeningIs, type PlacedCall, placeCall, postJson } from '#test/support/desk.ts';
import { openDeskStream } from '#test/support/desk-stream.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

/** How long a fault lasts; what is asserted does not depend on it. */
const faultMs = 1600;
const callsDuring = 4;

async function faultsOf(system: TocsinProcess): Promise<readonly string[]> {
  const listed = await getJson<{ name: string }[]>(`${system.endpoints['simulator']}/faults`);
  return listed.map(({ name }) => name);
}

/** A few calls before, during and after a fault; those of which the hub took all must come to the board, each once. */
async function suffer(system: TocsinProcess, fault: string): Promise<void> {
  const desk = deskOf(system);
  const inject = async (action: 'start' | 'stop') => {
    const { status } = await postJson(`${system.endpoints['simulator']}/faults`, { name: fault, action });
    expect(status, `${action} ${fault}`).toBe(200);
  };
  const caller = (n: number) => `${fault} ${n}`;
  const placing: Promise<PlacedCall>[] = [];
  placing.push(placeCall(system, { caller: caller(0) }));
  await inject('start');
  for (let n = 1; n <= callsDuring; n++) {
    placing.push(placeCall(system, { caller: caller(n) }));
    await systemClock.sleep(faultMs / callsDuring);
  }
  await inject('stop');
  const calls = await Promise.all(placing);
  const after = await eventually(`the hub takes calls after ${fault}`, async () => {
    const call = await placeCall(system, { caller: caller(callsDuring + 1) });
    return call.ok && call;
  });
  const names = [...calls, after].flatMap(({ ok }, n) => (ok ? [caller(n)] : []));
  await eventually(
    `every call of ${fault} on the board`,
    async () => {
      const shown = await board(desk);
      return names.every((name) => shown.some((one) => one.caller?.name === name && one.feeds.length === 2));
    },
    60_000,
  );
  await listeningIs(desk, true, 60_000);
}

/** Lets a system suffer all faults of one simulator, one after the other, and looks at what is there in the end. */
async function sufferAll(system: TocsinProcess, simulator: string): Promise<void> {
  const desk = deskOf(system);
  const stream = await openDeskStream(desk);
  const faults = (await faultsOf(system)).filter((name) => name.startsWith(`${simulator}.`));
  expect(faults.length).toBeGreaterThanOrEqual(7);
  for (const fault of faults) await suffer(system, fault);

  const shown = await board(desk);
  const names = shown.map(({ caller }) => caller?.name);
  expect(new Set(names).size).toBe(names.length);
  expect(shown.every(({ state }) => state === 'unacknowledged')).toBe(true);
  // The page that was open all the time has seen each of them.
  await eventually('every call on the open stream', () => shown.every(({ id }) => stream.seen.has(id)));
  expect(stream.ended()).toBe(false);
  const replayed = await tocsin(system.stateDir, ['audit', 'replay', '--json']);
  expect(replayed.code, replayed.stderr).toBe(0);
  expect(system.said()).not.toContain('a rejection that nobody handled');
  expect(system.said()).not.toContain('an exception that nobody caught');
  expect(await system.end('SIGTERM')).toBe(0);
}

describe('the whole system with faulty simulators', () => {
  it('has every call on the board once when each fault of hub and log is over, and goes on', {
    timeout: 300_000,
  }, async () => {
    // Two systems side by side: most of the time is spent waiting for a fault to be over.
    const [hub, log] = await Promise.all(
      ['hub', 'log'].map((name) => startTocsin(`${temporaryFolder()}/${name}`, ['--simulate'])),
    );
    if (hub === undefined || log === undefined) throw new Error('unreachable');
    await Promise.all([sufferAll(hub, 'event-hubs'), sufferAll(log, 'eventstoredb')]);
  });
});
