import { existsSync } from 'node:fs';
import { createNotificationKeyFolder } from '#adapters/crypto/notification-key-folder.ts';
import { createEventHubsSource } from '#adapters/event-hubs/event-source.ts';
import { type Finding, messageOf, timeoutMs, within } from '#cli/doctor/finding.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { connectionOf } from '#cli/roles/hub-source.ts';
import { openOwnership } from '#cli/roles/ingest.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import type { SourceFailure } from '#ports/event-source.ts';

/** The hub, who owns its partitions, and what is needed to read what comes out of it. */
export async function checkHub(
  context: RunContext,
  simulate: boolean,
  stack: AsyncDisposableStack,
): Promise<Finding[]> {
  const { settings } = context;
  const findings = [
    settings.eventHubs === undefined ? missingHub(simulate) : await describeHub(context, settings.eventHubs, stack),
    await checkOwnership(context, stack),
  ];
  if (settings.notificationKeys !== undefined) findings.push(...(await checkKeys(context, settings.notificationKeys)));
  if (settings.clientStates === undefined && !simulate)
    findings.push({
      check: 'client states',
      state: 'warning',
      found: 'no clientState is known: notices are judged normally and say so',
      remedy: 'Set TOCSIN_CLIENT_STATES to the values of your subscriptions.',
    });
  return findings;
}

function missingHub(simulate: boolean): Finding {
  if (simulate)
    return { check: 'event hub', state: 'ok', found: 'no simulators run yet; `tocsin run --simulate` starts them' };
  return {
    check: 'event hub',
    state: 'fault',
    found: 'TOCSIN_EVENT_HUBS is not set',
    remedy: 'Set it to a connection string or https://<namespace>.servicebus.windows.net, or run with --simulate.',
    exit: exitCodes.settings,
  };
}

async function describeHub(context: RunContext, hub: EventHubsSetting, stack: AsyncDisposableStack): Promise<Finding> {
  const { settings } = context;
  const source = createEventHubsSource({
    connection: await connectionOf(hub, settings),
    hub: settings.eventHub,
    consumerGroup: settings.consumerGroup,
    transport: settings.eventHubsTransport,
    clock: context.clock,
  });
  stack.defer(() => source.close());
  const described = await within(source.describe(AbortSignal.timeout(timeoutMs)));
  if (described?.ok === true)
    return {
      check: 'event hub',
      state: 'ok',
      found: `${described.hub.hub} answers; ${described.hub.partitionIds.length} partitions`,
    };
  const found = described?.detail ?? `no answer within ${timeoutMs / 1000} s`;
  return { check: 'event hub', state: 'fault', found, remedy: hubRemedy(described), exit: exitCodes.unreachable };
}

/** What to do about a hub that does not describe itself. @param failure undefined where no answer came in time */
export function hubRemedy(failure: SourceFailure | undefined): string {
  switch (failure?.reason) {
    case 'access-denied':
      // What was signed by the clock of a machine that is slow has run out before it arrives.
      return /ExpiredToken|token (is|has) expired/i.test(failure.detail)
        ? 'Check the clock of this machine, and the end of the signature where the connection string has one.'
        : 'Check the key, or give the identity the role Azure Event Hubs Data Receiver.';
    case 'not-found':
      return 'Check TOCSIN_EVENT_HUB and TOCSIN_CONSUMER_GROUP.';
    case 'unavailable':
    case undefined:
      return 'Check the network: 5671 must be open to the namespace, or set TOCSIN_EVENT_HUBS_TRANSPORT=amqp-websockets for 443.';
  }
}

async function checkOwnership(context: RunContext, stack: AsyncDisposableStack): Promise<Finding> {
  const place = context.settings.partitionOwnership ?? { kind: 'sqlite', file: context.file('ownership.db') };
  if (place.kind === 'sqlite' && !existsSync(place.file))
    return { check: 'ownership', state: 'ok', found: 'no partition is owned yet' };
  try {
    const ownership = await openOwnership(context, context.settings.eventHubs);
    stack.defer(() => ownership.close());
    const claims = await within(ownership.list());
    if (claims !== undefined) {
      const owners = new Set(claims.map(({ ownerId }) => ownerId)).size;
      return {
        check: 'ownership',
        state: 'ok',
        found: `${claims.length} partitions are owned by ${owners} ${owners === 1 ? 'process' : 'processes'}`,
      };
    }
    return unreadable(`no answer within ${timeoutMs / 1000} s`);
  } catch (error) {
    return unreadable(messageOf(error));
  }
}

function unreadable(found: string): Finding {
  return {
    check: 'ownership',
    state: 'warning',
    found,
    remedy: 'It only spares work; check TOCSIN_PARTITION_OWNERSHIP.',
  };
}

async function checkKeys(context: RunContext, path: string): Promise<Finding[]> {
  const folder = await createNotificationKeyFolder({ folder: path, clock: context.clock });
  const warnings = folder.warnings();
  if (warnings.length === 0) return [{ check: 'notification keys', state: 'ok', found: `${path} can be read` }];
  return warnings.map((warning) => ({
    check: 'notification keys',
    state: 'warning',
    found: `${warning.file}: ${warning.detail}`,
    remedy: 'Put an RSA key of 2048 to 4096 bits there in PEM, named <encryptionCertificateId>.pem.',
  }));
}
