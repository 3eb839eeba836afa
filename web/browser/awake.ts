/**
 * Keeps the screen on, and with it the computer, while something can be heard or is watched on a wall: one that sleeps rings nobody. The browser takes the lock
 * away whenever the page is hidden, and may refuse it, as on a low battery: it is asked for again for as long as it is wanted (W3C "Screen Wake Lock API").
 */
export function keepAwake(isWanted: () => boolean): () => void {
  let held: WakeLockSentinel | undefined;
  let asking = false;
  async function ask() {
    asking = true;
    try {
      held = await navigator.wakeLock.request('screen');
    } catch {
      // Refused for now.
    }
    asking = false;
  }
  /** To be called often; cheap. */
  return () => {
    // A browser that does not know it sleeps when its computer is set to.
    if (!('wakeLock' in navigator) || document.visibilityState === 'hidden') return;
    if (isWanted()) {
      if (!asking && held?.released !== false) void ask();
    } else if (held?.released === false) void held.release().catch(() => undefined);
  };
}
