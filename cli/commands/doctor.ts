import { exitCodes } from '#cli/exit-codes.ts';
import { createOutput, printable } from '#cli/output.ts';
import { createContext } from '#cli/roles/context.ts';
import { running } from '#cli/running.ts';
import { loadSettings } from '#cli/settings.ts';
import { version } from '#cli/version.ts';
import { readSettings } from '#config/read-settings.ts';
import { settings as declared } from '#config/settings.ts';

interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly found: string;
  /** What to do. */
  readonly remedy?: string;
  readonly exit?: number;
}

const timeoutMs = 10_000;

/** `tocsin doctor`: every setting and service, each fault in plain words with what to do. Changes nothing. */
export async function doctor(
  options: { readonly json?: boolean; readonly simulate?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const findings: Finding[] = [];
  const read = loadSettings(stateDir);
  if (!read.ok) {
    for (const problem of read.problems)
      findings.push({
        check: 'settings',
        state: 'fault',
        found: problem,
        remedy: 'See docs/settings.md.',
        exit: exitCodes.settings,
      });
  } else {
    findings.push({
      check: 'settings',
      state: 'ok',
      found: `${read.shown.size} of ${Object.keys(declared).length} settings have a value`,
    });
    output.progress('asking the services …');
    findings.push(...(await checkServices(stateDir, options.simulate === true)));
    output.progress(undefined);
  }
  if (options.json === true)
    output.json({ version, findings, ...(read.ok ? { settings: Object.fromEntries(read.shown) } : {}) });
  else for (const finding of findings) print(output, finding);
  process.exitCode = findings.find(({ state }) => state === 'fault')?.exit ?? exitCodes.done;
}

function print(output: ReturnType<typeof createOutput>, { check, state, found, remedy }: Finding): void {
  const word = {
    ok: output.paint('green', 'ok     '),
    warning: output.paint('yellow', 'warning'),
    fault: output.paint('red', 'FAULT  '),
  }[state];
  output.data(`${word}  ${check.padEnd(18)} ${printable(found)}`);
  if (remedy !== undefined) output.data(`${' '.repeat(28)}${output.paint('dim', `-> ${printable(remedy)}`)}`);
}

/** The settings as the running simulators say them, where `--simulate` or running simulators ask for it. */
async function effectiveSettings(stateDir: string | undefined, simulate: boolean) {
  const own = loadSettings(stateDir);
  const simulator = (await running(stateDir))?.['simulator'];
  if (typeof simulator !== 'string' || (!simulate && own.ok && own.settings.eventHubs !== undefined)) return own;
  const response = await fetch(`${simulator}/settings`, { headers: { 'x-tocsin-request': '1' } }).catch(
    () => undefined,
  );
  if (response?.ok !== true) return own;
  const pointing = (await response.json()) as Record<string, string>;
  return readSettings({
    environment: { ...pointing, ...process.env },
    ...(stateDir === undefined ? {} : { flags: { stateDir } }),
  });
}

async function checkServices(stateDir: string | undefined, simulate: boolean): Promise<Finding[]> {
  const read = await effectiveSettings(stateDir, simulate);
  if (!read.ok) return [];
  const { settings } = read;
  const { openEventLog, openKeyStore } = await import('#cli/roles/shared.ts');
  const { connectionOf, openOwnership } = await import('#cli/roles/ingest.ts');
  const { createEventHubsSource } = await import('#adapters/event-hubs/event-source.ts');
  const { createNotificationKeyFolder } = await import('#adapters/crypto/notification-key-folder.ts');
  const { keysStream } = await import('#processor/keys.ts');
  const context = await createContext({ ...settings, logLevel: 'silent' }, version, new AbortController().signal);
  await using stack = new AsyncDisposableStack();
  const findings: Finding[] = [];

  let keyStoreId: string | undefined;
  try {
    const keyStore = await openKeyStore(context);
    stack.defer(() => keyStore.close());
    keyStoreId = keyStore.id;
    findings.push({ check: 'key store', state: 'ok', found: 'opens with its master key' });
  } catch (error) {
    findings.push({
      check: 'key store',
      state: 'fault',
      found: error instanceof Error ? error.message : String(error),
      remedy: 'Restore the key store together with its master key; without them sealed values stay locked.',
      exit: exitCodes.settings,
    });
  }

  const logSetting = settings.eventLog ?? { kind: 'sqlite' as const, file: context.file('event-log.db') };
  const eventLog = await openEventLog(context, logSetting).catch((error: unknown) => String(error));
  if (typeof eventLog === 'string')
    findings.push({
      check: 'event log',
      state: 'fault',
      found: eventLog,
      remedy: 'Check TOCSIN_EVENT_LOG and whether its file or server can be reached.',
      exit: exitCodes.unreachable,
    });
  else {
    stack.defer(() => eventLog.close());
    const first = await within(eventLog.readAll({ direction: 'backwards', limit: 1 }));
    if (first?.ok === true)
      findings.push({
        check: 'event log',
        state: 'ok',
        found:
          first.events.length === 0
            ? 'answers; nothing is stored yet'
            : `answers; the last event is of ${new Date(first.events[0]?.created ?? 0).toISOString()}`,
      });
    else
      findings.push({
        check: 'event log',
        state: 'fault',
        found: first === undefined ? `no answer within ${timeoutMs / 1000} s` : `${first.reason}: ${first.detail}`,
        remedy: 'Start the server, or correct TOCSIN_EVENT_LOG.',
        exit: exitCodes.unreachable,
      });
    const bound = await within(eventLog.readStream(keysStream, { direction: 'forwards', limit: 1 }));
    const sealedBy = bound?.ok === true ? bound.events[0]?.data['keyStoreId'] : undefined;
    if (typeof sealedBy === 'string' && keyStoreId !== undefined) {
      if (sealedBy === keyStoreId)
        findings.push({ check: 'seals', state: 'ok', found: 'the log is sealed by this key store' });
      else
        findings.push({
          check: 'seals',
          state: 'fault',
          found: `the log is sealed by the key store ${sealedBy}, this one is ${keyStoreId}`,
          remedy: "Point TOCSIN_KEY_STORE at the log's own key store.",
          exit: exitCodes.settings,
        });
    }
  }

  if (settings.eventHubs === undefined)
    findings.push({
      check: 'event hub',
      state: 'fault',
      found: 'TOCSIN_EVENT_HUBS is not set',
      remedy: 'Set it to a connection string or https://<namespace>.servicebus.windows.net, or run with --simulate.',
      exit: exitCodes.settings,
    });
  else {
    const source = createEventHubsSource({
      connection: await connectionOf(settings.eventHubs),
      hub: settings.eventHub,
      consumerGroup: settings.consumerGroup,
      transport: settings.eventHubsTransport,
      clock: context.clock,
    });
    stack.defer(() => source.close());
    const described = await within(source.describe(AbortSignal.timeout(timeoutMs)));
    if (described?.ok === true)
      findings.push({
        check: 'event hub',
        state: 'ok',
        found: `${described.hub.hub} answers; ${described.hub.partitionIds.length} partitions`,
      });
    else {
      const reason = described?.reason ?? 'unavailable';
      const remedy = {
        'access-denied': 'Check the key, or give the identity the role Azure Event Hubs Data Receiver.',
        'not-found': 'Check TOCSIN_EVENT_HUB and TOCSIN_CONSUMER_GROUP.',
        unavailable:
          'Check the network: 5671 must be open to the namespace, or set TOCSIN_EVENT_HUBS_TRANSPORT=amqp-websockets for 443.',
      }[reason];
      findings.push({
        check: 'event hub',
        state: 'fault',
        found: described?.detail ?? `no answer within ${timeoutMs / 1000} s`,
        remedy,
        exit: exitCodes.unreachable,
      });
    }
  }

  try {
    const ownership = await openOwnership(context, settings.eventHubs);
    stack.defer(() => ownership.close());
    const claims = await within(ownership.list());
    findings.push({
      check: 'ownership',
      state: 'ok',
      found: `${claims?.length ?? 0} partitions are owned by ${new Set(claims?.map(({ ownerId }) => ownerId)).size} processes`,
    });
  } catch (error) {
    findings.push({
      check: 'ownership',
      state: 'warning',
      found: error instanceof Error ? error.message : String(error),
      remedy: 'It only spares work; check TOCSIN_PARTITION_OWNERSHIP.',
    });
  }

  if (settings.notificationKeys !== undefined) {
    const folder = await createNotificationKeyFolder({ folder: settings.notificationKeys, clock: context.clock });
    const warnings = folder.warnings();
    if (warnings.length === 0)
      findings.push({ check: 'notification keys', state: 'ok', found: `${settings.notificationKeys} can be read` });
    for (const warning of warnings)
      findings.push({
        check: 'notification keys',
        state: 'warning',
        found: `${warning.file}: ${warning.detail}`,
        remedy: 'Put an RSA key of 2048 to 4096 bits there in PEM, named <encryptionCertificateId>.pem.',
      });
  }
  if (settings.clientStates === undefined && !simulate)
    findings.push({
      check: 'client states',
      state: 'warning',
      found: 'no clientState is known: notices are judged normally and say so',
      remedy: 'Set TOCSIN_CLIENT_STATES to the values of your subscriptions.',
    });
  return findings;
}

async function within<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), timeoutMs).unref());
  return Promise.race([work.catch(() => undefined), late]);
}
