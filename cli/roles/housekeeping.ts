import type { RunContext } from '#cli/roles/context.ts';
import type { KeyStore } from '#ports/key-store.ts';

const dayMs = 86_400_000;
const everyMs = 3_600_000;

/** Destroys the quarantine keys of days that have passed, at the start and every hour, until the signal is aborted. */
export async function expireQuarantine(context: RunContext, keyStore: KeyStore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const before = new Date(context.clock.now() - context.settings.quarantineDays * dayMs).toISOString().slice(0, 10);
    const result = await keyStore.destroyDayKeys('quarantine', before);
    if (!result.ok)
      context.log.warn({ detail: result.detail }, 'expired quarantine keys could not be destroyed; trying again');
    else if (result.destroyed > 0)
      context.log.info(
        { before, destroyed: result.destroyed },
        'quarantine keys were destroyed: bytes of those days that nobody could read are gone for good',
      );
    await context.clock.sleep(result.ok ? everyMs : 60_000, signal);
  }
}
