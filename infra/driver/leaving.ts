import { isInVault, wordsOf } from '#infra/driver/words.ts';

/** A resource as the state of a stack holds it. */
export interface HeldResource {
  readonly urn: string;
  readonly type: string;
  /** In Azure; absent for components. */
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

/** Why a stack is not deleted, and what somebody who means it does. */
export interface Refusal {
  readonly kept: readonly HeldResource[];
  readonly lines: readonly string[];
}

/**
 * Refuses a deletion while the stack holds anything that is protected, evidence first of all: the engine itself would delete all the rest before it stops at what is protected.
 * Undefined where nothing is retained.
 */
export function refuseDestroy(
  slug: string,
  resources: readonly HeldResource[],
  simulated = false,
): Refusal | undefined {
  const tenant = (command: string) => `\`npx tocsin tenant ${command}${simulated ? ' --simulate' : ''}\``;
  const kept = keptOf(resources);
  if (kept.length === 0) return undefined;
  return {
    kept,
    lines: [
      `${slug} holds evidence, what is needed to read it, and other things that are protected against deletion. Nothing was deleted. These would be kept:`,
      ...keptLines(resources),
      'To leave: save what has to be kept (`npx tocsin audit list --json --limit 1000000 > record.ndjson`), and have it checked by somebody else.',
      `Then either delete the rest and leave these where they are: ${tenant(`destroy ${slug} --keep-evidence`)}. All of it goes on costing until somebody deletes it, what is no evidence too.`,
      `Or, once nobody needs them, set environment to test, which takes the locks off: ${tenant(`init ${slug} --set environment=test`)}, then ${tenant(`up ${slug}`)}, then ${tenant(`destroy ${slug}`)}.`,
      'What an immutability policy covers cannot be deleted before its days are over, whoever asks.',
    ],
  };
}

/** What a deletion keeps, a line for each with its reason. */
export function keptLines(resources: readonly HeldResource[]): readonly string[] {
  return keptOf(resources).map((one) => `  ${wordsOf(one.type).what} ${nameOf(one.urn)}: ${whyKept(one)}`);
}

/** In which order, and with what left alone, a stack is deleted. URNs of the state. */
export interface LeavingOrder {
  /** Something is kept. */
  readonly keepProtected: boolean;
  /**
   * Kept like what is protected: the locks on it, as whoever keeps evidence keeps it from being deleted by mistake, too; and what is beneath it. That is its
   * content where it has no lock (the copies in a backup vault, the databases of a server), and roles, too, where it has one, as a lock forbids to delete
   * anything there ("Lock your Azure resources to protect your infrastructure", learn.microsoft.com). It stays in the state with what it needs, such as the
   * identities that hold the roles, and secrets on which there are roles (a deleted secret would keep its name taken, too): an `up` finds all of it again,
   * and makes the rest anew.
   */
  readonly keep: readonly string[];
  /** Deleted before all others, for the same reason: locks on what is not kept. */
  readonly first: readonly string[];
}

const lockType = 'azure-native:authorization:ManagementLockByScope';
const groupType = 'azure-native:resources:ResourceGroup';

export function leavingOrder(resources: readonly HeldResource[]): LeavingOrder {
  const kept = new Set(keptOf(resources));
  const idsOf = (some: readonly HeldResource[]) =>
    some.flatMap(({ id }) => (id === undefined ? [] : [id.toLowerCase()]));
  const ids = new Set(idsOf([...kept]));
  const locks = resources.filter(({ type }) => type === lockType);
  const scopeOf = (lock: HeldResource) => String(lock.inputs?.['scope'] ?? '').toLowerCase();
  const keptLocks = locks.filter((lock) => ids.has(scopeOf(lock)));
  // Everything is in the group, and it is kept only for what else is: being in it keeps nothing.
  const holders = [...kept].filter(({ type }) => type !== groupType);
  const scopes = [...new Set([...idsOf(holders), ...keptLocks.map(scopeOf)])];
  const isBeneath = ({ id }: HeldResource) =>
    id !== undefined && scopes.some((scope) => id.toLowerCase().startsWith(`${scope}/`));
  const beneath = resources.filter((one) => isBeneath(one) && !kept.has(one) && !keptLocks.includes(one));
  const urns = (all: readonly HeldResource[]) => all.map(({ urn }) => urn);
  return {
    keepProtected: kept.size > 0,
    keep: urns([...keptLocks, ...beneath]),
    first: urns(locks.filter((lock) => !keptLocks.includes(lock) && !beneath.includes(lock))),
  };
}

/** Whether the stack has a desk: an app, or the one machine that runs all roles. */
export function deskIn(resources: readonly HeldResource[]): boolean {
  return resources.some(
    ({ type, urn }) =>
      (type === 'azure-native:app:ContainerApp' && nameOf(urn) === 'desk') ||
      (type === 'azure-native:compute:VirtualMachine' && nameOf(urn) === 'machine'),
  );
}

/** By the name in the program: what a kept thing is, and whether anybody needs it to read the record. */
const keptWords: readonly (readonly [RegExp, string])[] = [
  [/^resource-group$/, 'holds all of these; Azure deletes with it whatever is in it'],
  [/^evidence-/, 'evidence, which is kept unchanged for its days'],
  [/^subject-keys/, 'wrapped keys of persons; without them details in the record stay locked'],
  [/^sign-ins-/, 'the sign-ins and the keys of sessions and workflows'],
  [/^sign-in-key$/, 'opens the sign-ins and the keys of sessions and workflows'],
  [/^(?:vault|master-key)$/, 'opens the keys of persons; without it details in the record stay locked'],
  [/^(?:log-)?machine(?:-\d)?-disk$/, 'holds the event log: the record itself'],
  [/^backup-vault$/, 'copies of the disks of the event log'],
  [/^(?:namespace|hub)$/, 'no evidence: the address that Graph delivers to, and notices of the last days'],
  [/^database$/, "no evidence: Temporal's state"],
];
const whyKept = ({ urn }: HeldResource): string =>
  keptWords.find(([pattern]) => pattern.test(nameOf(urn)))?.[1] ?? 'protected against deletion';

const nameOf = (urn: string): string => urn.split('::').at(-1) ?? urn;

const keptOf = (resources: readonly HeldResource[]): readonly HeldResource[] =>
  resources.filter((one) => one.protect === true || (one.retainOnDelete === true && !isInVault(one.type)));
