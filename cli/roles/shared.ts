import { createSealer } from '#adapters/crypto/sealer.ts';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { createSharedTail } from '#adapters/shared-tail/shared-tail.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { EventLogSetting } from '#config/parsers.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { KeyStore } from '#ports/key-store.ts';
import type { Sealer } from '#ports/sealer.ts';
import { bindKeyStore } from '#processor/keys.ts';

/** What the processes share: event log and key store. (Hub and ownership are ingest's own.) */
export interface Shared {
  readonly eventLog: EventLog;
  readonly keyStore: KeyStore;
  readonly sealer: Sealer;
  close(): Promise<void>;
}

export async function openShared(context: RunContext, eventLogSetting: EventLogSetting): Promise<Shared> {
  // Stages and read models of one process follow the log over one subscription: each event is decoded once.
  const eventLog = createSharedTail(await openEventLog(context, eventLogSetting), context.clock);
  const keyStore = await openKeyStore(context);
  return {
    eventLog,
    keyStore,
    sealer: createSealer({ keyStore }),
    async close() {
      await eventLog.close();
      await keyStore.close();
    },
  };
}

export function openEventLog(
  context: Pick<RunContext, 'clock' | 'ids' | 'log' | 'instanceId'>,
  setting: EventLogSetting,
): Promise<EventLog> {
  if (setting.kind === 'sqlite') return createSqliteEventLog({ file: setting.file, clock: context.clock });
  return createEventStoreDbLog({
    connectionString: setting.connectionString,
    clock: context.clock,
    ids: context.ids,
    connectionName: `tocsin ${context.instanceId}`,
  });
}

export async function openKeyStore(context: Pick<RunContext, 'settings' | 'file'>): Promise<KeyStore> {
  const file = context.settings.keyStore ?? context.file('keys.db');
  try {
    return await createSqliteKeyStore({ file, masterKeyFile: `${file}.master` });
  } catch (error) {
    throw new CommandError(
      exitCodes.settings,
      `TOCSIN_KEY_STORE: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Waits until the log answers, then makes sure that it is sealed by this key store; exit code 78 where it is another one's. */
export async function claimLog(context: RunContext, shared: Shared): Promise<void> {
  for (let attempt = 0; !context.signal.aborted; attempt++) {
    const bound = await bindKeyStore(shared.eventLog, shared.keyStore.id, context.recordedBy('ingest'), context.clock);
    if (bound.ok) return;
    if (bound.reason === 'another-key-store')
      throw new CommandError(
        exitCodes.settings,
        `TOCSIN_KEY_STORE: the event log is sealed by the key store ${bound.bound}, and this one is ${shared.keyStore.id}; point the setting at the log's own key store, or the log at another`,
      );
    if (attempt % 20 === 0) context.log.warn({ detail: bound.detail }, 'the event log does not answer; waiting for it');
    await context.clock.sleep(250, context.signal);
  }
}
