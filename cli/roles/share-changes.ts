/** Changes as those get them who follow. */
export interface SharedChanges<T> {
  subscribe(listener: (change: T) => void, onFailure: (error: unknown) => void): () => void;
  /** Ends all who follow now: they begin again where they were. */
  endAll(error: Error): void;
}

interface Follower<T> {
  /** Number of the first change that is his. */
  readonly from: number;
  readonly listener: (change: T) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Hands every change to all who follow, in order, converted once however many there are. Converting takes a moment of its own: one change waits for the one
 * before it. A change that cannot be converted ends its followers, who begin again where they were.
 */
export function shareChanges<Raw, T>(
  subscribe: (listener: (change: Raw) => void) => () => void,
  convert: (change: Raw) => Promise<T>,
): SharedChanges<T> {
  const followers = new Set<Follower<T>>();
  let seen = 0;
  let last: Promise<void> = Promise.resolve();
  const hand = async (change: Raw, number: number): Promise<void> => {
    const mine = () => [...followers].filter(({ from }) => from <= number);
    if (followers.size === 0) return;
    try {
      const converted = await convert(change);
      for (const { listener } of mine()) listener(converted);
    } catch (error) {
      end(mine(), error);
    }
  };
  function end(those: Iterable<Follower<T>>, error: unknown): void {
    for (const follower of those) {
      followers.delete(follower);
      follower.onFailure(error);
    }
  }
  subscribe((change) => {
    const number = seen++;
    last = last.then(() => hand(change, number));
  });
  return {
    subscribe(listener, onFailure) {
      const follower = { from: seen, listener, onFailure };
      followers.add(follower);
      return () => {
        followers.delete(follower);
      };
    },
    endAll: (error) => end([...followers], error),
  };
}
