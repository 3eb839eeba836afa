import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { isBusy } from '#adapters/sqlite/schema.ts';

/**
 * Lets the writers of several processes take turns. SQLite's own waiting is a matter of luck: a process that commits without a break was seen
 * to keep another one waiting for a second. Who waits says so with a file beside the log; who has committed looks for it, removes it and
 * stands back for a moment.
 */
export interface Turnstile {
  /** Runs `begin` until it gets the lock. @throws what `begin` throws, a lock held for too long included */
  enter(begin: () => void): void;
  /** After every commit. */
  leave(): void;
}

const retryMs = 0.3;
/** Longer than a waiter sleeps, so that it surely finds the lock free. */
const standBackMs = 1;

export function createTurnstile(file: string, lockTimeoutMs: number): Turnstile {
  const flag = `${file}-waiting`;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const pause = (ms: number): void => void Atomics.wait(cell, 0, 0, ms);
  return {
    enter(begin) {
      const deadline = performance.now() + lockTimeoutMs;
      for (;;) {
        try {
          begin();
          return;
        } catch (error) {
          if (!isBusy(error) || performance.now() > deadline) throw error;
        }
        closeSync(openSync(flag, 'a', 0o600));
        pause(retryMs);
      }
    },
    leave() {
      if (!existsSync(flag)) return;
      rmSync(flag, { force: true });
      pause(standBackMs);
    },
  };
}
