import type { LogPosition } from '#ports/event-log.ts';

/** A place in EventStoreDB's transaction log, both numbers unsigned 64-bit. */
export interface VendorPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

const pattern = /^(\d{20})(?:_(\d{20}))?$/;

/** The server's way to say that it knows none. */
const unknown = 2n ** 64n - 1n;

/** 20 digits of the commit position, and those of the prepare position where they differ: comparable as a string. */
export function toLogPosition({ commit, prepare }: VendorPosition): LogPosition {
  return commit === prepare ? digits(commit) : `${digits(commit)}_${digits(prepare)}`;
}

/** Undefined where the server gave none. */
export function toKnownPosition(position: VendorPosition | undefined): LogPosition | undefined {
  return position === undefined || position.commit === unknown ? undefined : toLogPosition(position);
}

/** @throws TypeError for anything that {@link toLogPosition} did not make */
export function fromLogPosition(position: LogPosition): VendorPosition {
  const [, commit, prepare] = pattern.exec(position) ?? [];
  if (commit === undefined) throw new TypeError(`not a position of an EventStoreDB log: ${position}`);
  return { commit: BigInt(commit), prepare: BigInt(prepare ?? commit) };
}

const digits = (number: bigint) => number.toString().padStart(20, '0');
