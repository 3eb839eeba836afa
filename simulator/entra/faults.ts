import type { FaultDescription, Faults } from '#simulator/faults.ts';

/** What can be broken on purpose, and how a client sees it. */
const descriptions = {
  'conditional-access-blocks-device-code':
    'a policy blocks the device code flow: codes are refused once approved, and so are refreshes of sessions that began with one (AADSTS53003)',
  'mfa-required':
    'present sessions have to prove multi-factor authentication: their refreshes are refused (AADSTS50076); a new sign-in works',
  'password-changed':
    'the user changed the password: every present grant of public applications is revoked for good (AADSTS50173); a new sign-in works',
  'token-revoked':
    'an admin revoked all sessions: every present grant is revoked for good (AADSTS50173); a new sign-in works',
  'sign-in-frequency':
    'present sessions are older than a policy allows: their refreshes are refused (AADSTS70043); a new sign-in works',
  'user-disabled': 'the service user is disabled: no sign-in and no refresh (AADSTS50057)',
  throttled: 'refuses every request as too many (429 with Retry-After)',
  unavailable: 'refuses every request as unavailable (503)',
  unreachable: 'closes its listener: connections are refused',
  slow: 'holds every answer for seconds',
  'clock-skew': 'its clock is three hours ahead: tokens are not yet valid elsewhere',
  'clock-skew-behind': 'its clock is three hours behind: tokens have run out elsewhere when they are issued',
  'consent-revoked':
    'the permissions were taken away: delegated tokens are refused (AADSTS65001), application tokens carry no roles',
  'app-missing': 'the applications are gone from the tenant (AADSTS700016)',
} as const;

export type EntraFaultName = keyof typeof descriptions;

/** Faults of the simulated Entra ID. A fault stays until it is stopped; what was revoked stays revoked. */
export interface EntraFaults extends Faults {
  list(): readonly (FaultDescription & { readonly active: boolean })[];
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
}

/** What the endpoints ask before they answer. */
export interface EntraFaultState {
  on(name: EntraFaultName): boolean;
  /** Whether the fault is on and the grant was there when it began. */
  befell(name: EntraFaultName, grantId: string): boolean;
  /** How far its clock is off, milliseconds. */
  skewMs(): number;
}

export interface EntraFaultHooks {
  /** Every grant there is. */
  readonly presentGrants: () => ReadonlySet<string>;
  /** What a fault does at the moment when it begins (`true`) or ends. */
  readonly onChange: (name: EntraFaultName, active: boolean) => void | Promise<void>;
}

const threeHours = 3 * 3_600_000;

export function createEntraFaults(hooks: EntraFaultHooks): {
  readonly faults: EntraFaults;
  readonly state: EntraFaultState;
} {
  const active = new Map<EntraFaultName, ReadonlySet<string>>();
  const known = (name: string): name is EntraFaultName => Object.hasOwn(descriptions, name);
  return {
    faults: {
      list: () =>
        (Object.keys(descriptions) as EntraFaultName[]).map((name) => ({
          name,
          description: descriptions[name],
          active: active.has(name),
        })),
      start: async (name) => {
        if (!known(name)) throw new RangeError(`there is no fault ${name}`);
        active.set(name, hooks.presentGrants());
        await hooks.onChange(name, true);
      },
      stop: async (name) => {
        if (!known(name)) throw new RangeError(`there is no fault ${name}`);
        if (active.delete(name)) await hooks.onChange(name, false);
      },
    },
    state: {
      on: (name) => active.has(name),
      befell: (name, grantId) => active.get(name)?.has(grantId) === true,
      skewMs: () => (active.has('clock-skew') ? threeHours : active.has('clock-skew-behind') ? -threeHours : 0),
    },
  };
}
