import * as authorization from '@pulumi/azure-native/authorization/index.js';
import type { HeldResource } from '#infra/driver/leaving.ts';
import type { Step } from '#infra/driver/step.ts';
import { isInVault } from '#infra/driver/words.ts';

/** A lock that is taken off for a run. */
export interface LockOff {
  /** Its name in the program. */
  readonly name: string;
  readonly id: string;
  readonly level: string;
  readonly notes: string;
  /** The run itself deletes it: it is not put back. */
  readonly goes: boolean;
}

const lockType = 'azure-native:authorization:ManagementLockByScope';

/**
 * Locks that forbid what a run would delete: a lock is on all that is beneath what it is on, roles too ("Lock your Azure resources to protect your
 * infrastructure", learn.microsoft.com). What stays in its vault is not deleted.
 * @param steps of the preview
 * @param resources what the state holds
 */
export function locksInTheWay(
  steps: readonly (Pick<Step, 'op'> & { readonly urn: string })[],
  resources: readonly HeldResource[],
): readonly LockOff[] {
  const going = new Set(steps.filter(({ op }) => op === 'delete' || op === 'replace').map(({ urn }) => urn));
  const ids = resources.flatMap(({ urn, type, id }) =>
    going.has(urn) && id !== undefined && type !== lockType && !isInVault(type) ? [`${id.toLowerCase()}/`] : [],
  );
  return resources.flatMap(({ urn, type, id, inputs = {} }): readonly LockOff[] => {
    const scope = `${String(inputs['scope']).toLowerCase()}/`;
    if (type !== lockType || id === undefined || !ids.some((one) => one.startsWith(scope))) return [];
    const { level, notes = '' } = inputs;
    return [
      { name: urn.split('::').at(-1) ?? urn, id, level: String(level), notes: String(notes), goes: going.has(urn) },
    ];
  });
}

export interface LocksOffDeps {
  /** Runs a program with the sign-in that deploys, and changes nothing of the stack: a preview of it. */
  readonly inProgram: (program: () => Promise<void>) => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Of Azure Resource Manager, without a slash at the end; Microsoft's where it is absent. */
  readonly armUrl?: string;
}

/** What became of a run with locks off. */
export interface RanWithLocksOff<Outcome> {
  /** Absent where the locks could not be taken off: then nothing was run. */
  readonly outcome?: Outcome;
  /** What Azure refused of the locks, as sentences. */
  readonly faults: readonly string[];
}

/**
 * Takes locks off for a run and puts them back when it has ended, however it ended. The state of the stack goes on holding them, so that the engine neither
 * deletes nor makes them meanwhile. Only a process that is killed in between leaves them off; `up --refresh` then finds that they are gone.
 */
export async function withLocksOff<Outcome>(
  locks: readonly LockOff[],
  deps: LocksOffDeps,
  run: () => Promise<Outcome>,
): Promise<RanWithLocksOff<Outcome>> {
  if (locks.length === 0) return { outcome: await run(), faults: [] };
  const staying = locks.filter(({ goes }) => !goes);
  const off = await change('DELETE', locks, deps);
  if (off.length > 0) return { faults: [...off, ...(await change('PUT', staying, deps))] };
  try {
    const outcome = await run();
    return { outcome, faults: await change('PUT', staying, deps) };
  } catch (error) {
    await change('PUT', staying, deps);
    throw error;
  }
}

const resourceManager = 'https://management.azure.com';
const version = '2020-05-01';
const attempts = 4;

/** Empty where Azure did it ("Management Locks - Create Or Update By Scope", "- Delete By Scope", learn.microsoft.com). */
async function change(
  method: 'DELETE' | 'PUT',
  locks: readonly LockOff[],
  { inProgram, sleep, armUrl = resourceManager }: LocksOffDeps,
): Promise<readonly string[]> {
  if (locks.length === 0) return [];
  const undone = method === 'DELETE' ? 'was not taken off' : 'is not back';
  // Until the program has said otherwise: where the engine does not even start it, nothing was done.
  let faults: readonly string[] = locks.map(({ name }) => `the lock ${name} ${undone}: Azure could not be asked`);
  await inProgram(async () => {
    const { token } = await authorization.getClientToken({ endpoint: resourceManager });
    const all = await Promise.all(
      locks.map(async (lock) => {
        const why = await ask(`${armUrl}${lock.id}?api-version=${version}`, lock);
        return why === undefined ? [] : [`the lock ${lock.name} ${undone}: ${why}`];
      }),
    );
    faults = all.flat();

    async function ask(url: string, { level, notes }: LockOff): Promise<string | undefined> {
      const body = method === 'PUT' ? { body: JSON.stringify({ properties: { level, notes } }) } : {};
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      for (let attempt = 1; ; attempt += 1) {
        const why = await answerOf(url, { method, headers, ...body });
        if (why === undefined || !why.again || attempt === attempts) return why?.text;
        await sleep(1_000 * 2 ** attempt);
      }
    }
  });
  return faults;
}

/** Undefined where it was done; what is not there need not be deleted. */
async function answerOf(
  url: string,
  init: RequestInit,
): Promise<{ readonly text: string; readonly again: boolean } | undefined> {
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(30_000) });
    if (response.ok || (response.status === 404 && init.method === 'DELETE')) return undefined;
    const text = `Azure answers ${response.status} ${(await response.text()).slice(0, 300)}`;
    return { text, again: response.status === 429 || response.status >= 500 };
  } catch (error) {
    return { text: `Azure cannot be reached (${error instanceof Error ? error.message : String(error)})`, again: true };
  }
}
