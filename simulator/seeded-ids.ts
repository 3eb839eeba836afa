import { uuid5 } from '#kernel/uuid.ts';
import type { Ids } from '#ports/ids.ts';

const namespace = '9f5b8c8e-3c1f-5d0a-8e61-0d9a1f1c2b3a';

/** The same sequence of ids and numbers for the same seed. They are of version 5 in their bits, marked as version 4 like random ones. */
export function createSeededIds(seed: number): Ids {
  let state = seed >>> 0;
  let count = 0;
  return {
    random() {
      const id = uuid5(namespace, `${seed}/${count++}`);
      return `${id.slice(0, 14)}4${id.slice(15)}`;
    },
    // Mulberry32: small, and good enough for jitter and choices in tests.
    fraction() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
