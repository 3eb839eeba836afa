import type { InboxPosition } from '#domain/metadata.ts';
import type { PartitionProperties, StartPosition } from '#ports/event-source.ts';

/** Messages that the hub no longer has, or never will again: what was missed, and why. */
export interface Gap {
  readonly cause: 'retention' | 'hub-recreated' | 'beyond-end';
  /** Sequence numbers, both inclusive, in the incarnation that was being read; absent where nobody can know. */
  readonly from?: number;
  readonly to?: number;
  readonly previousIncarnation?: string;
}

/** Where a partition is to be read on, and what has to be put on record first. */
export interface ReadingPlan {
  readonly incarnation: string;
  readonly start: StartPosition;
  /** Items of the first message with a lower index are in the log already. */
  readonly resume: { readonly sequenceNumber: number; readonly index: number } | undefined;
  readonly gap:
    | (Gap & { /** The last message that is lost; reading goes on behind it. */ readonly lastLost: number })
    | undefined;
}

/**
 * Compares the tail of the inbox stream, which is the checkpoint, with the hub. Pure.
 * @param tail position of the stream's last event, undefined for a stream without any
 * @param incarnation of the hub as it is now
 */
export function planReading(
  tail: InboxPosition | undefined,
  incarnation: string,
  partition: PartitionProperties,
): ReadingPlan {
  const firstKept = partition.beginningSequenceNumber;
  if (tail === undefined) return { incarnation, start: { at: 'earliest' }, resume: undefined, gap: undefined };
  if (!isLifeOf(tail.incarnation, incarnation)) {
    return restart(
      incarnation,
      { cause: 'hub-recreated', previousIncarnation: tail.incarnation, from: tail.sequenceNumber + 1 },
      -1,
    );
  }
  if (tail.sequenceNumber > partition.lastEnqueuedSequenceNumber) {
    const next = nextLife(tail.incarnation, incarnation);
    return restart(
      next,
      { cause: 'beyond-end', previousIncarnation: tail.incarnation, from: tail.sequenceNumber + 1 },
      -1,
    );
  }
  const inside = tail.index + 1 < tail.count;
  const wanted = inside ? tail.sequenceNumber : tail.sequenceNumber + 1;
  if (wanted < firstKept) {
    const gap = { cause: 'retention' as const, from: wanted, to: firstKept - 1, lastLost: firstKept - 1 };
    return { incarnation: tail.incarnation, start: after(firstKept - 1), resume: undefined, gap };
  }
  if (inside) {
    const start = { at: 'sequence-number' as const, sequenceNumber: wanted, inclusive: true };
    return {
      incarnation: tail.incarnation,
      start,
      resume: { sequenceNumber: wanted, index: tail.index + 1 },
      gap: undefined,
    };
  }
  return { incarnation: tail.incarnation, start: after(tail.sequenceNumber), resume: undefined, gap: undefined };
}

function restart(incarnation: string, gap: Gap, lastLost: number): ReadingPlan {
  return { incarnation, start: { at: 'earliest' }, resume: undefined, gap: { ...gap, lastLost } };
}

/** Behind a message; -1 stands for before the first. */
function after(sequenceNumber: number): StartPosition {
  return sequenceNumber < 0 ? { at: 'earliest' } : { at: 'sequence-number', sequenceNumber, inclusive: false };
}

/** A hub that lost messages without being created again (a restored namespace) starts a further life under the same name: `…#2`. */
function nextLife(current: string, incarnation: string): string {
  const life = Number(/#(\d+)$/.exec(current)?.[1] ?? 1);
  return `${incarnation}#${life + 1}`;
}

/** True where what is read is the hub as it is now, in whichever of its lives. */
export function isLifeOf(current: string, incarnation: string): boolean {
  return (
    current === incarnation ||
    (current.startsWith(`${incarnation}#`) && /^\d+$/.test(current.slice(incarnation.length + 1)))
  );
}
