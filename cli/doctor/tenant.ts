import { existsSync } from 'node:fs';
import { checkCertificate, checkGrant } from '#cli/doctor/certificate.ts';
import { type Finding, messageOf, timeoutMs, within } from '#cli/doctor/finding.ts';
import { refusedOnRecord } from '#cli/doctor/refused-on-record.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { findLog } from '#cli/reading-desk.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { isKeyStoreMissing, openSecrets } from '#cli/roles/key-store.ts';
import { groupsWithout, policiesOf } from '#cli/roles/policies.ts';
import { openEventLog } from '#cli/roles/shared.ts';
import { openTenantAccess, type TenantAccess } from '#cli/roles/tenant-access.ts';
import { applicationPermissions, comparePermissions, delegatedPermissions } from '#domain/identity/permissions.ts';
import { isServiceUser } from '#domain/identity/service-user.ts';
import type { Feed } from '#workflows/contract.ts';

/** Tenant, sign-in, permissions, subscriptions and policies. Signs nobody in and changes nothing. */
export async function checkTenant(context: RunContext, stack: AsyncDisposableStack): Promise<Finding[]> {
  const { settings } = context;
  if (settings.tenant === undefined)
    return [
      {
        check: 'tenant',
        state: 'warning',
        found: 'no tenant is set: Tocsin signs nobody in and subscribes to nothing',
        remedy: 'Set TOCSIN_TENANT and TOCSIN_CHAT_CLIENT_ID, or keep the subscriptions up yourself.',
      },
    ];
  const files = fileFindings(context);
  if (files.length > 0) return files;
  const certificates = certificateFindings(context);
  if (isKeyStoreMissing(context))
    return [
      ...certificates,
      { check: 'sign-in', state: 'ok', found: 'nobody has signed in yet; the role `worker` will ask for it' },
    ];
  let access: TenantAccess | undefined;
  try {
    const secrets = await openSecrets(context);
    stack.defer(() => secrets.close());
    access = openTenantAccess(context, secrets);
  } catch (error) {
    return [...certificates, { check: 'tenant', state: 'fault', found: messageOf(error), exit: exitCodes.settings }];
  }
  if (access === undefined)
    return [
      {
        check: 'tenant',
        state: 'fault',
        found: 'a tenant is set, but no application',
        remedy: 'Set TOCSIN_CHAT_CLIENT_ID, TOCSIN_EVENTS_CLIENT_ID, or both.',
        exit: exitCodes.settings,
      },
    ];
  const opened = access;
  stack.defer(() => opened.close());
  const feeds = opened.desired.credentials.map(({ id }) => id);
  const each = await Promise.all(feeds.map((feed) => checkFeed(context, opened, feed)));
  return [...certificates, ...each.flat(), checkPolicies(context), ...checkGroups(context)];
}

function certificateFindings({ settings, clock }: RunContext): Finding[] {
  const { eventsClientId, eventsCertificate, eventsPrivateKey } = settings;
  return eventsClientId === undefined || eventsCertificate === undefined
    ? []
    : [checkCertificate(eventsCertificate, eventsPrivateKey, clock.now())];
}

function fileFindings({ settings }: RunContext): Finding[] {
  return (
    [
      ['TOCSIN_EVENTS_CERTIFICATE', settings.eventsCertificate],
      ['TOCSIN_POLICY_LIST', settings.policyList],
      ['TOCSIN_CERTIFICATE_AUTHORITY', settings.certificateAuthority],
    ] as const
  ).flatMap(([name, file]): Finding[] =>
    file === undefined || existsSync(file)
      ? []
      : [
          {
            check: 'tenant',
            state: 'fault',
            found: `${name}: there is no file ${file}`,
            remedy: 'Correct the path, or take the setting out.',
            exit: exitCodes.settings,
          },
        ],
  );
}

const otherAccount: Finding = {
  ...{ check: 'chat account', state: 'fault', found: 'somebody else than TOCSIN_SERVICE_USER is signed in' },
  remedy: 'Run `tocsin sign-in` as the service user: nobody watches its chats.',
  exit: exitCodes.no,
};

async function checkFeed(context: RunContext, access: TenantAccess, feed: Feed): Promise<Finding[]> {
  const state = await within(access.identity(feed).state());
  const check = `${feed} sign-in`;
  if (state?.ok !== true) {
    const trouble = state?.trouble;
    return [
      {
        ...{ check, state: 'fault', found: trouble?.what ?? `no answer within ${timeoutMs / 1000} s` },
        ...(trouble === undefined ? {} : { remedy: trouble.next }),
        exit: exitCodes.unreachable,
      },
    ];
  }
  if (!state.signedIn)
    return [
      feed === 'events'
        ? { check, state: 'warning', found: 'the application has had no token yet', remedy: 'Start the role `worker`.' }
        : { check, state: 'fault', found: 'nobody has signed in', remedy: 'Run `tocsin sign-in`.', exit: exitCodes.no },
    ];
  const needed = feed === 'events' ? applicationPermissions : delegatedPermissions;
  const permissions = comparePermissions(needed, state.permissions, feed === 'chat');
  const missing = permissions.filter((one) => one.needed && !one.granted).map(({ name }) => name);
  const more = permissions.filter((one) => !one.needed).map(({ name }) => name);
  const { serviceUser } = context.settings;
  const isKnown = (state.userName ?? state.userId) !== undefined;
  const isOther = feed === 'chat' && isKnown && serviceUser !== undefined && !isServiceUser(serviceUser, state);
  return [
    ...(isOther ? [otherAccount] : []),
    (await refused(context, feed)) ?? checkGrant(feed, state.grantExpiresAt, context.clock.now()),
    missing.length > 0
      ? {
          ...{ check: `${feed} permissions`, state: 'fault', found: `missing: ${missing.join(', ')}` },
          ...{ remedy: 'Grant them to the application in Entra ID, then sign in again.', exit: exitCodes.no },
        }
      : more.length > 0
        ? {
            ...{ check: `${feed} permissions`, state: 'warning', found: `more than needed: ${more.join(', ')}` },
            remedy: 'Take them away from the application: what it does not have cannot be misused.',
          }
        : { check: `${feed} permissions`, state: 'ok', found: `exactly the ${needed.length} that are needed` },
    await checkGraph(context, access, feed, state.tokenExpiresAt),
  ];
}

/** What is the matter with the log itself is said of the log. */
async function refused(context: RunContext, feed: Feed): Promise<Finding | undefined> {
  const place = findLog(context.settings);
  if (place === undefined || (place.kind === 'sqlite' && !existsSync(place.file))) return undefined;
  const log = await openEventLog(context, place).catch(() => undefined);
  const found = log && (await refusedOnRecord(log, feed));
  await log?.close();
  return found;
}

async function checkGraph(
  { clock }: RunContext,
  access: TenantAccess,
  feed: Feed,
  tokenExpiresAt: number | undefined,
): Promise<Finding> {
  const check = `${feed} subscriptions`;
  // An older token would have to be renewed to ask, and this only looks.
  if (tokenExpiresAt === undefined || tokenExpiresAt < clock.now() + 300_000)
    return { check, state: 'ok', found: 'were not asked for: the token is about to be renewed' };
  const listed = await within(access.graph(feed).listSubscriptions());
  if (listed?.ok !== true)
    return {
      ...{ check, state: 'fault', found: describe(listed), exit: exitCodes.unreachable },
      remedy: 'Check the network to Microsoft Graph; `tocsin credential list` shows the sign-in.',
    };
  const wanted = access.desired.subscriptions.filter((spec) => spec.feed === feed).length;
  const address = (feed === 'events' ? access.eventsUrl : undefined) ?? access.notificationUrl;
  const ours = listed.value.filter(({ notificationUrl }) => notificationUrl === address).length;
  return ours >= wanted
    ? { check, state: 'ok', found: `Graph has ${ours}` }
    : {
        ...{ check, state: 'warning', found: `Graph lists ${ours} of ${wanted}` },
        remedy: '`tocsin subscription list` shows which is missing and why.',
      };
}

function describe(
  listed: Awaited<ReturnType<ReturnType<TenantAccess['graph']>['listSubscriptions']>> | undefined,
): string {
  if (listed === undefined || listed.ok) return `no answer within ${timeoutMs / 1000} s`;
  return listed.reason === 'identity' ? listed.trouble.what : `${listed.reason}: ${listed.detail}`;
}

function checkPolicies({ settings }: RunContext): Finding {
  const check = 'policies';
  try {
    const policies = policiesOf(settings);
    if (settings.eventsClientId === undefined)
      return policies.length === 0
        ? { check, state: 'ok', found: 'the events feed is not used' }
        : {
            ...{
              check,
              state: 'warning',
              found: `${policies.length} policies, but no application for the events feed`,
            },
            remedy: 'Set TOCSIN_EVENTS_CLIENT_ID, or only the chat feed reports their calls.',
          };
    return policies.length === 0
      ? {
          ...{ check, state: 'fault', found: 'the events feed has no policy to watch', exit: exitCodes.settings },
          remedy: 'Set TOCSIN_POLICIES, or TOCSIN_POLICY_LIST to the output of Get-CsTeamsEmergencyCallingPolicy.',
        }
      : { check, state: 'ok', found: `${policies.length}: ${policies.join(', ')}` };
  } catch (error) {
    return { check, state: 'fault', found: messageOf(error), exit: exitCodes.settings };
  }
}

/** A chat is begun with those in the notification group alone: where the service user is not among them, the chat feed hears of no call. */
function checkGroups({ settings }: RunContext): Finding[] {
  if (settings.chatClientId === undefined) return [];
  const check = 'notification groups';
  try {
    const without = groupsWithout(settings);
    if (without === undefined) return [];
    if (without.length === 0) return [{ check, state: 'ok', found: 'the service user is named in each' }];
    const names = without.map(({ policy, number }) => (number === undefined ? policy : `${policy} (${number})`));
    return [
      {
        ...{ check, state: 'warning', found: `the service user is not named in ${names.join(', ')}` },
        remedy:
          'See in the Teams admin center whether a group that is named there has it as a member. If not, add it: the chat feed hears of none of their calls.',
      },
    ];
  } catch {
    return []; // said of the policies
  }
}
