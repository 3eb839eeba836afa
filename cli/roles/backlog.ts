/** What the hub has and the log has not, of one partition. Times are milliseconds since 1970 UTC. */
export interface Backlog {
  /**
   * The hub was asked, or said by itself, where it ends.
   * @param sequenceNumber of its last message, -1 when there never was one
   * @param enqueuedAt when it took that message
   * @param now when this was learnt
   */
  end(sequenceNumber: number, enqueuedAt: number, now: number): void;
  /** A message was seen, which makes its time exact. */
  seen(sequenceNumber: number, enqueuedAt: number): void;
  /** The log has everything up to this one; `enqueuedAt` when the hub took it, where that is known. A lower number than before: the hub is a new one. */
  read(sequenceNumber: number, enqueuedAt?: number): void;
  /** When the hub took the oldest message that the log has not; undefined when there is none. At most a look too late, while the hub was looked at. */
  oldestUnreadAt(): number | undefined;
}

/** All messages after the mark before, up to this one, were taken between `after` and `at`. */
interface Mark {
  readonly sequenceNumber: number;
  readonly at: number;
  /** When the end was last seen before them; absent: nobody looked. */
  readonly after?: number;
}

/** Looks further apart than this, in milliseconds, leave the time of what came in between open. */
const closeMs = 30_000;
/** Beyond this, marks are joined two by two: a day of a standstill is then known to some minutes. */
const mostMarks = 512;

/**
 * Remembers what the end of a partition was and when, so that the age of the oldest unread message is known. The age of the newest says nothing: while
 * messages keep coming, that one is always young. Pure but for its memory, which is bounded.
 */
export function createBacklog(): Backlog {
  let marks: Mark[] = [];
  let readTo = -1;
  let readAt: number | undefined;
  let lookedAt: number | undefined;
  const insert = (mark: Mark) => {
    const place = marks.findIndex(({ sequenceNumber }) => sequenceNumber >= mark.sequenceNumber);
    if (place === -1) marks.push(mark);
    else if (marks[place]?.sequenceNumber !== mark.sequenceNumber) marks.splice(place, 0, mark);
    if (marks.length > mostMarks) marks = joined(marks);
  };
  return {
    end(sequenceNumber, enqueuedAt, now) {
      const last = marks.at(-1)?.sequenceNumber ?? readTo;
      if (sequenceNumber > last)
        insert({ sequenceNumber, at: enqueuedAt, ...(lookedAt === undefined ? {} : { after: lookedAt }) });
      lookedAt = now;
    },
    seen(sequenceNumber, enqueuedAt) {
      if (sequenceNumber > readTo) insert({ sequenceNumber, at: enqueuedAt, after: enqueuedAt });
    },
    read(sequenceNumber, enqueuedAt) {
      if (sequenceNumber < readTo) {
        marks = [];
        readAt = undefined;
      }
      readTo = sequenceNumber;
      readAt = enqueuedAt ?? readAt;
      marks = marks.filter((mark) => mark.sequenceNumber > readTo);
    },
    oldestUnreadAt() {
      const [first] = marks;
      if (first === undefined) return undefined;
      const { sequenceNumber, at, after } = first;
      if (sequenceNumber === readTo + 1 || (after !== undefined && at - after <= closeMs)) return at;
      const from = Math.max(after ?? 0, readAt ?? 0);
      return from === 0 ? at : Math.min(from, at);
    },
  };
}

/** Every second mark goes, the last one never; what it stood for is then known less exactly. */
function joined(marks: readonly Mark[]): Mark[] {
  return marks.flatMap((mark, index) => {
    if ((marks.length - 1 - index) % 2 === 1) return [];
    const { after } = marks[index - 1] ?? mark;
    return [{ sequenceNumber: mark.sequenceNumber, at: mark.at, ...(after === undefined ? {} : { after }) }];
  });
}
