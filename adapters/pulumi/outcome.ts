import type { ChangeCounts, ResourceStep } from './steps.ts';

/** Outputs of a stack; a secret has no value here. */
export type StackOutputs = Readonly<
  Record<string, { readonly secret: true } | { readonly secret: false; readonly value: unknown }>
>;

/** A run that came to its end. */
export interface RunDone {
  readonly ok: true;
  readonly counts: ChangeCounts;
  readonly steps: readonly ResourceStep[];
  /** Warnings, for people. */
  readonly warnings: readonly string[];
  /** Checks of policies that were put off until things are made. */
  readonly undecided: number;
  /** After an update; empty for other runs. */
  readonly outputs: StackOutputs;
}

/**
 * A run that did not. `locked`: somebody else works on the stack; `policy`: the policy pack refused it; `protected`: something that is protected would
 * have to go; `stopped`: told to stop, and it stopped cleanly; `no-stack`: there is none of this name; `failed`: what `detail` says.
 */
export interface RunFailed {
  readonly ok: false;
  readonly reason: 'locked' | 'policy' | 'protected' | 'stopped' | 'no-stack' | 'failed';
  /** One line for each thing that went wrong; for people. */
  readonly detail: readonly string[];
  readonly counts: ChangeCounts;
  /** True where the engine did not come to say what it had done, as when it was killed: more may have been changed than `counts` says. */
  readonly cut?: boolean;
  readonly steps: readonly ResourceStep[];
  /** Who holds the lock, where that is the reason and the backend says so. */
  readonly lock?: StackLock;
  /** The run that holds the stack, where that is the reason and the backend is a service. */
  readonly update?: StackUpdate;
}

/** A run of somebody else, as Pulumi Cloud tells of it. */
export interface StackUpdate {
  /** Such as `Update` or `Destroy`. */
  readonly kind: string;
  /** For people, such as `3 minutes ago`. */
  readonly since: string;
  readonly user: string;
}

export type RunOutcome = RunDone | RunFailed;

/** The lock of a stack in a backend of files or blobs. */
export interface StackLock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** Who holds a stack, from the error of the engine (pkg/backend/diy/lock.go). */
export function lockOf(text: string): StackLock | undefined {
  const found = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/.exec(text);
  if (found === null) return undefined;
  const [, user = '', host = '', pid = '', since = ''] = found;
  return { user, host, pid: Number(pid), since };
}

/** Which run is in progress, from what `pulumi stack` prints (cmd/pulumi/stack/stack.go). */
export function updateOf(text: string): StackUpdate | undefined {
  const found = /^ *(\S.*) in progress:\n\s*Started: (.+)\n\s*Requested By: (.+)$/m.exec(text);
  if (found === null) return undefined;
  const [, kind = '', since = '', user = ''] = found;
  return { kind, since, user };
}
