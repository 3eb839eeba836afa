import { resolve } from 'node:path';
import { type Endpoints, readEndpoints } from '#cli/endpoints.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { proveTo } from '#cli/http.ts';
import { requireSettings } from '#cli/settings.ts';

/** What the processes of this state folder serve. */
export async function running(stateDir: string | undefined): Promise<Endpoints | undefined> {
  return readEndpoints(resolve(requireSettings(stateDir).stateDir));
}

/** Base URL of the running desk, undefined where none runs here. */
export async function findDesk(stateDir: string | undefined): Promise<string | undefined> {
  const desk = (await running(stateDir))?.['desk'];
  if (typeof desk !== 'string') return undefined;
  proveTo(desk, resolve(requireSettings(stateDir).stateDir));
  return desk;
}

/** Base URL of the running desk; exit code 69 where none runs here. */
export async function requireDesk(stateDir: string | undefined): Promise<string> {
  const desk = await findDesk(stateDir);
  if (desk !== undefined) return desk;
  throw new CommandError(
    exitCodes.unreachable,
    'no desk runs with this state folder; start one with `npm start` or `npx tocsin run desk`',
  );
}

/** Control URL of the running simulators; exit code 69 where none run here. */
export async function requireSimulator(stateDir: string | undefined): Promise<string> {
  const simulator = (await running(stateDir))?.['simulator'];
  if (typeof simulator === 'string') return simulator;
  throw new CommandError(
    exitCodes.unreachable,
    'no simulators run with this state folder; start them with `npm start`. (Nothing of `simulate` ever publishes to a hub that is not simulated.)',
  );
}
