import { isProcessAlive, ownIdentity } from '#adapters/programs/process-identity.ts';
import type { Clock } from '#ports/clock.ts';
import type { KeyDatabase } from './database.ts';

/** Who holds what, among all processes that share the file. */
export interface SecretLocks {
  /** Names a holder and its process: whether that still runs, others on this machine can tell. @param unique unlike any other */
  holder(unique: string): string;
  /** True when the lock is `holder`'s now. */
  take(database: KeyDatabase, name: string, holder: string, holdMs: number): boolean;
  /** Gives it up, unless it has become somebody else's meanwhile. */
  release(database: KeyDatabase, name: string, holder: string): void;
}

export function createSecretLocks(clock: Clock): SecretLocks {
  const { host, pid, started = '' } = ownIdentity();
  // Since when each holder was seen, on a scale that never jumps: a wall clock set back must not keep a dead holder for hours.
  const seen = new Map<string, { readonly holder: string; readonly since: number }>();

  const isOver = (name: string, holder: string, takenAt: number, holdMs: number): boolean => {
    if (clock.now() >= takenAt + holdMs || isDead(holder, host)) return true;
    const known = seen.get(name);
    if (known?.holder === holder) return clock.monotonic() >= known.since + holdMs;
    seen.set(name, { holder, since: clock.monotonic() });
    return false;
  };

  return {
    holder: (unique) => [unique, pid, started, host].join(separator),
    take(database, name, holder, holdMs) {
      return database.immediately(() => {
        const held = database.prepare('SELECT holder, taken_at, hold_ms FROM secret_locks WHERE name = ?').get(name);
        if (
          held !== undefined &&
          !isOver(name, held['holder'] as string, held['taken_at'] as number, held['hold_ms'] as number)
        ) {
          return false;
        }
        database
          .prepare('INSERT OR REPLACE INTO secret_locks (name, holder, taken_at, hold_ms) VALUES (?, ?, ?, ?)')
          .run(name, holder, Math.trunc(clock.now()), Math.trunc(holdMs));
        seen.delete(name);
        return true;
      });
    },
    release(database, name, holder) {
      database.prepare('DELETE FROM secret_locks WHERE name = ? AND holder = ?').run(name, holder);
    },
  };
}

const separator = '\n';

/** Killed while it held the lock: nobody has to wait for what will not come. Of processes elsewhere, and of holders without one, time alone tells. */
function isDead(holder: string, here: string): boolean {
  const [, pid = '', started, host] = holder.split(separator);
  return host === here && !isProcessAlive(Number(pid), started === '' ? undefined : started);
}
