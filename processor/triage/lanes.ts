/** Names of what a task may look at or change. */
export type Footprint = readonly string[] | 'everything';

/** Runs tasks side by side where they touch nothing in common, and one after another where they do. */
export interface Lanes {
  /**
   * Resolves when the task has begun: as soon as nothing that runs touches what it touches, and there is room. Rejects where a footprint cannot be told.
   * Tasks never reject.
   * @param footprint asked again whenever something ended
   */
  begin(footprint: () => Footprint, task: () => Promise<void>): Promise<void>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

/** @param most that run at once */
export function createLanes(most: number): Lanes {
  const running = new Map<Promise<void>, Footprint>();
  return {
    async begin(footprint, task) {
      for (;;) {
        const own = footprint();
        const inTheWay = [...running].filter(([, other]) => touch(own, other)).map(([ended]) => ended);
        if (inTheWay.length > 0) await Promise.all(inTheWay);
        else if (running.size >= most) await Promise.race(running.keys());
        else {
          const ended = task().finally(() => running.delete(ended));
          running.set(ended, own);
          return;
        }
      }
    },
    async idle() {
      await Promise.all(running.keys());
    },
  };
}

function touch(one: Footprint, other: Footprint): boolean {
  return one === 'everything' || other === 'everything' || one.some((name) => other.includes(name));
}
