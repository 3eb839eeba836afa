import { existsSync } from 'node:fs';
import { damageOf } from '#adapters/sqlite/damage.ts';
import { type Finding, messageOf, timeoutMs, within } from '#cli/doctor/finding.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { findLog } from '#cli/reading-desk.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { diskRow, keptFolders, spacesOf } from '#cli/roles/disk-space.ts';
import { isKeyStoreMissing, openKeyStore } from '#cli/roles/key-store.ts';
import { openEventLog } from '#cli/roles/shared.ts';
import type { EventLogSetting } from '#config/parsers.ts';
import type { EventLog } from '#ports/event-log.ts';
import { keysStream } from '#processor/keys.ts';

/** Key store and event log, and whether they belong together. Opens what is there and makes nothing. */
export async function checkStorage(context: RunContext, stack: AsyncDisposableStack): Promise<Finding[]> {
  const findings: Finding[] = [];
  let keyStoreId: string | undefined;
  if (isKeyStoreMissing(context))
    findings.push({ check: 'key store', state: 'ok', found: 'is not there yet; the first `tocsin run` makes it' });
  else {
    try {
      const keyStore = await openKeyStore(context);
      stack.defer(() => keyStore.close());
      keyStoreId = keyStore.id;
      findings.push({ check: 'key store', state: 'ok', found: 'opens with its master key' });
    } catch (error) {
      findings.push({
        check: 'key store',
        state: 'fault',
        found: messageOf(error),
        remedy: 'Restore the key store together with its master key; without them sealed values stay locked.',
        exit: exitCodes.settings,
      });
    }
  }
  const place = findLog(context.settings);
  if (place === undefined || (place.kind === 'sqlite' && !existsSync(place.file)))
    findings.push({ check: 'event log', state: 'ok', found: 'is not there yet; the first `tocsin run` makes it' });
  else findings.push(...(await checkLog(context, place, keyStoreId, stack)));
  return [...findings, ...(await checkDisks(context, place))];
}

async function checkDisks(context: RunContext, place: EventLogSetting | undefined): Promise<Finding[]> {
  const spaces = await within(spacesOf(keptFolders(context.settings, place)));
  return (spaces ?? []).map(diskRow).map(({ name, state, word, next }): Finding => {
    const finding = { check: 'disk', found: `${name}: ${word}` };
    if (next === undefined) return { ...finding, state: 'ok' };
    return state === 'trouble'
      ? { ...finding, state: 'fault', remedy: next, exit: exitCodes.no }
      : { ...finding, state: 'warning', remedy: next };
  });
}

async function checkLog(
  context: RunContext,
  place: EventLogSetting,
  keyStoreId: string | undefined,
  stack: AsyncDisposableStack,
): Promise<Finding[]> {
  let eventLog: EventLog;
  try {
    eventLog = await openEventLog(context, place);
  } catch (error) {
    const remedy = 'Check TOCSIN_EVENT_LOG and whether its file or server can be reached.';
    return [{ check: 'event log', state: 'fault', found: messageOf(error), remedy, exit: exitCodes.unreachable }];
  }
  stack.defer(() => eventLog.close());
  const unreadable = (result: { readonly reason: string; readonly detail: string } | undefined): Finding[] => [
    {
      check: 'event log',
      state: 'fault',
      found: result === undefined ? `no answer within ${timeoutMs / 1000} s` : `${result.reason}: ${result.detail}`,
      remedy:
        place.kind === 'sqlite'
          ? 'Where the file is damaged keep it as it is, and restore a backup ("Backup and restore" in docs/operator.md).'
          : 'Start the server, or correct TOCSIN_EVENT_LOG.',
      exit: exitCodes.unreachable,
    },
  ];
  const last = await within(eventLog.readAll({ direction: 'backwards', limit: 1 }));
  if (last?.ok !== true) return unreadable(last);
  const bound = await within(eventLog.readStream(keysStream, { direction: 'forwards', limit: 1 }));
  if (bound?.ok !== true && bound?.reason !== 'stream-not-found') return unreadable(bound);
  // Where a file is damaged its end may be read all the same, and nothing that follows it says why it stands still.
  const damage = place.kind === 'sqlite' ? damageOf(place.file) : undefined;
  if (damage !== undefined) return unreadable({ reason: 'unavailable', detail: damage });
  const [event] = last.events;
  const answers: Finding = {
    check: 'event log',
    state: 'ok',
    found:
      event === undefined
        ? 'answers; nothing is stored yet'
        : `answers; the last event is of ${new Date(event.created).toISOString()}`,
  };
  const sealedBy = bound.ok ? bound.events[0]?.data['keyStoreId'] : undefined;
  if (typeof sealedBy !== 'string' || keyStoreId === undefined) return [answers];
  if (sealedBy === keyStoreId)
    return [answers, { check: 'seals', state: 'ok', found: 'the log is sealed by this key store' }];
  return [
    answers,
    {
      check: 'seals',
      state: 'fault',
      found: `the log is sealed by the key store ${sealedBy}, this one is ${keyStoreId}`,
      remedy: "Point TOCSIN_KEY_STORE at the log's own key store.",
      exit: exitCodes.settings,
    },
  ];
}
