import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Settings } from '#config/settings.ts';
import { isServiceUser } from '#domain/identity/service-user.ts';
import { type NotificationGroup, readPolicyList } from '#domain/subscriptions/policy-list.ts';
import type { HealthRow } from '#web/health-report.ts';

/** Teams emergency calling policies that have to be covered: those of the setting, and those of the imported list; exit code 78 where that cannot be read. */
export function policiesOf({ policies, policyList }: Pick<Settings, 'policies' | 'policyList'>): readonly string[] {
  if (policyList === undefined) return policies ?? [];
  return [...new Set([...(policies ?? []), ...readList(policyList).policies])];
}

/** Notification groups of the imported list that do not name the service user; undefined where that cannot be told. Exit code 78 where the list cannot be read. */
export function groupsWithout({
  policyList,
  serviceUser,
}: Pick<Settings, 'policyList' | 'serviceUser'>): readonly NotificationGroup[] | undefined {
  // By an object id nobody is named in a policy.
  if (policyList === undefined || serviceUser?.includes('@') !== true) return undefined;
  const { groups } = readList(policyList);
  return groups.filter(({ addresses }) => !addresses.some((userName) => isServiceUser(serviceUser, { userName })));
}

function readList(policyList: string) {
  let text: string;
  try {
    text = readFileSync(policyList, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CommandError(exitCodes.settings, `TOCSIN_POLICY_LIST: ${policyList} cannot be read (${code})`);
  }
  const read = readPolicyList(text);
  if (!read.ok) throw new CommandError(exitCodes.settings, `TOCSIN_POLICY_LIST: ${policyList} ${read.problem}`);
  return read;
}

/** What stands on the admin page where policies are named and nothing can ever be subscribed for them. */
export function uncoveredRow(
  settings: Partial<Pick<Settings, 'policies' | 'policyList' | 'tenant' | 'eventsClientId'>>,
): HealthRow | undefined {
  if (settings.tenant !== undefined && settings.eventsClientId !== undefined) return undefined;
  const { length } = policiesOf({ policies: settings.policies, policyList: settings.policyList });
  if (length === 0) return undefined;
  return {
    ...{ kind: 'feed', name: 'policies', state: 'trouble' },
    word: `no subscription covers ${length} emergency calling ${length === 1 ? 'policy' : 'policies'}`,
    next: 'Set TOCSIN_TENANT and TOCSIN_EVENTS_CLIENT_ID, or only the chat feed reports their calls.',
  };
}
