import { createSealer } from '#adapters/crypto/sealer.ts';
import { createSharedTail } from '#adapters/shared-tail/shared-tail.ts';
import { endAtOnce } from '#cli/ending.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { openEmbeddedLog } from '#cli/roles/embedded-log.ts';
import { closeMaster, openKeyStore, openSecrets } from '#cli/roles/key-store.ts';
import { reachedLog } from '#cli/roles/reaching.ts';
import type { EventLogSetting } from '#config/parsers.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import type { Secrets } from '#ports/secrets.ts';
import { bindKeyStore, boundKeyStore } from '#processor/keys.ts';

/** What the processes share: event log and key store. (Hub and ownership are ingest's own.) */
export interface Shared {
  readonly eventLog: EventLog;
  readonly keyStore: KeyStore;
  readonly sealer: Sealer;
  readonly secrets: Secrets;
  close(): Promise<void>;
}

export async function openShared(context: RunContext, eventLogSetting: EventLogSetting): Promise<Shared> {
  // Stages and read models of one process follow the log over one subscription: each event is decoded once.
  const eventLog = createSharedTail(await openEventLog(context, eventLogSetting), context.clock);
  const keyStore = await openKeyStore(context);
  const secrets = await openSecrets(context);
  return {
    secrets,
    eventLog,
    keyStore,
    sealer: bindingSealer(context, eventLog, keyStore),
    async close() {
      await eventLog.close();
      await secrets.close();
      await keyStore.close();
      await closeMaster(context);
    },
  };
}

/** The log that the setting names. The vendor's client is large: it is loaded only where it is asked for. */
export async function openEventLog(
  context: Pick<RunContext, 'settings' | 'clock' | 'ids' | 'log' | 'instanceId'>,
  setting: EventLogSetting,
): Promise<EventLog> {
  if (setting.kind === 'sqlite') return await openEmbeddedLog(setting.file, context.clock);
  const { createEventStoreDbLog } = await import('#adapters/eventstoredb/event-log.ts');
  try {
    return await createEventStoreDbLog({
      connectionString: reachedLog(setting.connectionString, context.settings),
      clock: context.clock,
      ids: context.ids,
      connectionName: `tocsin ${context.instanceId}`,
    });
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(exitCodes.settings, `TOCSIN_EVENT_LOG: ${error.message}`);
    throw error;
  }
}

/**
 * Waits until the log answers, then makes sure that it is not sealed by another key store; exit code 78 where it is. A log in which nothing was sealed yet is
 * anybody's: whoever seals first binds it.
 */
export async function checkLog(context: RunContext, shared: Shared): Promise<void> {
  for (let attempt = 0; !context.signal.aborted; attempt++) {
    const bound = await boundKeyStore(shared.eventLog);
    if (bound.ok && bound.keyStoreId !== undefined && bound.keyStoreId !== shared.keyStore.id)
      throw new CommandError(exitCodes.settings, foreign(bound.keyStoreId, shared.keyStore.id));
    if (bound.ok) return;
    if (attempt % 20 === 0) context.log.warn({ detail: bound.detail }, 'the event log does not answer; waiting for it');
    await context.clock.sleep(250, context.signal);
  }
}

function foreign(bound: string, own: string): string {
  return `TOCSIN_KEY_STORE: the event log is sealed by the key store ${bound}, and this one is ${own}; point the setting at the log's own key store, or the log at another`;
}

/** Seals only once it is on record that this key store seals this log: before the first value, and never for a log of another one. */
function bindingSealer(context: RunContext, eventLog: EventLog, keyStore: KeyStore): Sealer {
  const sealer = createSealer({ keyStore });
  const bind = async () => {
    while (!context.signal.aborted) {
      const bound = await bindKeyStore(eventLog, keyStore.id, context.recordedBy('ingest'), context.clock);
      if (bound.ok) return;
      if (bound.reason === 'another-key-store') {
        // Another process sealed first: going on would make a record that nobody can open as a whole.
        process.stderr.write(`tocsin: ${foreign(bound.bound, keyStore.id)}\n`);
        endAtOnce(exitCodes.settings);
      }
      await context.clock.sleep(250, context.signal);
    }
  };
  let binding: Promise<void> | undefined;
  const bound = () => {
    binding ??= bind();
    return binding;
  };
  return {
    ...sealer,
    seal: async (documents) => {
      await bound();
      return sealer.seal(documents);
    },
    quarantine: async (day, eventId, bytes) => {
      await bound();
      return sealer.quarantine(day, eventId, bytes);
    },
  };
}
