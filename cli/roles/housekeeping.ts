import type { RunContext } from '#cli/roles/context.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Secrets } from '#ports/secrets.ts';
import { removeOldKeys } from '#workflows/activities/notification-certificate.ts';

const dayMs = 86_400_000;
const everyMs = 3_600_000;
const retryMs = 60_000;

/** Removes the private keys of certificates for rich notices that nothing can need any more, at the start and every day, until the signal is aborted. */
export async function expireNotificationKeys(
  { clock, log, settings }: Pick<RunContext, 'clock' | 'log' | 'settings'>,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const result = await removeOldKeys({ secrets, clock }, settings.quarantineDays);
    if (!result.ok)
      log.warn({ detail: result.detail }, 'old keys of notices could not be looked at; trying again in a minute');
    else if (result.removed.length > 0)
      log.info(
        { certificates: result.removed },
        'private keys were removed that no notice can need any more: their certificates were replaced long ago',
      );
    await clock.sleep(result.ok ? dayMs : retryMs, signal);
  }
}

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
    await context.clock.sleep(result.ok ? everyMs : retryMs, signal);
  }
}
