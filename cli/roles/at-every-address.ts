import type { Temporal } from '#cli/roles/temporal.ts';

/**
 * Lives until the signal is aborted, and anew whenever Temporal serves at another address.
 * @param life ends soon after its signal is aborted; where it ends by itself, it is not begun again
 */
export async function atEveryAddress(
  temporal: Pick<Temporal, 'moved'>,
  signal: AbortSignal,
  life: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  for (let moved: AbortSignal | undefined; !signal.aborted && moved?.aborted !== false; ) {
    moved = temporal.moved();
    await life(AbortSignal.any([signal, moved]));
  }
}
