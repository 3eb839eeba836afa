import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantPlace } from '#cli/commands/tenant-place.ts';
import { readDeployedStack } from '#cli/deployed/deployed-stack.ts';
import { allReady, callThrough, type FirstCall, signInAndSubscribe } from '#cli/deployed/first-call.ts';
import { type Deployed, startDeployed } from '#cli/deployed/start-deployed.ts';
import { type Output, printable } from '#cli/output.ts';
import { spanWords } from '#cli/time-words.ts';
import { createCloudFolder } from '#simulator/azure/cloud-folder.ts';

/**
 * Starts Tocsin from the outputs of a simulated `up`: every role as a process of its own, and simulators for what they talk to. One call is made, and has
 * to get through.
 * @param stay whether it goes on running until Ctrl-C; otherwise it ends with the call
 * @returns the call; undefined where the stack has no Temporal, so that nothing is ever subscribed
 * @throws where a role does not start with its settings, or the call does not reach the board; what the roles wrote is kept then
 */
export async function startFromOutputs(
  place: TenantPlace,
  outputsFile: string,
  output: Output,
  stay: boolean,
): Promise<FirstCall | undefined> {
  const began = performance.now();
  const stack = readDeployedStack(
    JSON.parse(await readFile(outputsFile, 'utf8')),
    createCloudFolder(join(place.folder, 'cloud')).list(),
  );
  const running = join(place.folder, 'running');
  await mkdir(running, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(running, `${stack.tenant}-`));
  let deployed: Deployed | undefined;
  try {
    deployed = await startDeployed(stack, { folder, desk: 'localhost', onProgress: (line) => output.say(line) });
    await allReady(deployed, place.signal);
    output.say(`all roles are ready after ${spanWords(performance.now() - began)}; signing the service user in`);
    const subscriptions = await signInAndSubscribe(deployed, place.signal);
    const call = subscriptions === 0 ? undefined : await dial(deployed, subscriptions, place, output);
    if (call === undefined) output.say('this stack has no Temporal: nothing is subscribed, and no call is made');
    if (stay) await untilCtrlC(deployed, place, output);
    output.say('ending every role');
    await deployed.close();
    await rm(folder, { recursive: true, force: true });
    return call;
  } catch (error) {
    await deployed?.close();
    if (place.signal.aborted) await rm(folder, { recursive: true, force: true });
    else output.say(`what each process wrote is in ${folder}/*/stderr.log`);
    throw error;
  }
}

async function dial(deployed: Deployed, subscriptions: number, place: TenantPlace, output: Output): Promise<FirstCall> {
  output.say(`subscribed (${subscriptions} live); somebody dials 911`);
  const call = await callThrough(deployed, place.signal);
  output.say(
    `the call of ${printable(call.caller)} is on the board after ${call.seconds.toFixed(1)} s: ${call.emergencyId}, ${deployed.deskUrl}/emergencies/${call.emergencyId}`,
  );
  return call;
}

async function untilCtrlC(deployed: Deployed, place: TenantPlace, output: Output): Promise<void> {
  const people = deployed.services.tenant.users.slice(1, 5).map(({ displayName }) => displayName);
  output.data('');
  output.data(`  Desk          ${deployed.deskUrl}`);
  output.data(
    `                sign in as ${people.slice(0, -1).join(', ')} or ${people.at(-1)}: responder, operator, compliance, administrator`,
  );
  output.data('                (browsers warn: the certificates of the simulation are its own)');
  output.data('');
  output.data('  Try in another terminal:');
  output.data('');
  output.data(`    export TOCSIN_STATE_DIR=${deployed.stateDir}`);
  output.data('    npx tocsin simulate call --wait');
  output.data('    npx tocsin emergency list');
  output.data('    npx tocsin simulate fault --list');
  output.data('');
  output.data('  Ctrl-C ends it.');
  if (place.signal.aborted) return;
  await new Promise<void>((resolve) => place.signal.addEventListener('abort', () => resolve(), { once: true }));
}
