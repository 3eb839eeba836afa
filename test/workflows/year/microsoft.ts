import type { IdentityTrouble } from '#domain/identity/trouble.ts';
import type { Clock } from '#ports/clock.ts';
import type { GraphFailure } from '#ports/graph.ts';
import {
  createFakeGraph,
  createFakeIdentity,
  createFakeSecrets,
  graphAway,
  signInAgain,
} from '#test/workflows/fakes.ts';
import type { Fault, FaultKind } from '#test/workflows/year/weather.ts';

const hour = 3_600_000;
/** Why a person has to sign in again: the password was changed, the grant was revoked, the sign-in is too old, MFA is demanded. */
/** Only a new sign-in ends these. */
const signInCodes = ['AADSTS50173', 'AADSTS50132', 'AADSTS50133', 'AADSTS700082'];
const adminMustAct = (code: string): IdentityTrouble => ({
  kind: 'admin-must-act',
  code,
  what: 'no',
  next: 'see to it',
});
/** What a policy refuses, and a policy that is lifted ends, though nobody signs in. */
const policyTroubles = [adminMustAct('AADSTS53003'), signInAgain('AADSTS50076'), signInAgain('AADSTS65001')];
/** How Entra is away: not there, broken, or with too much to do. */
const awayCodes = ['network', 'AADSTS90033', 'AADSTS90055'];
const notYetValid: GraphFailure = { ok: false, reason: 'unauthorised', detail: 'not valid yet', status: 401 };

/** Entra, Graph and the key store in the weather of a year. */
export function createMicrosoft(deps: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly faults: readonly Fault[];
}) {
  const { clock, random, faults } = deps;
  const active = createActive(faults, clock.now);
  const { secrets, state, names } = createFakeSecrets();
  const away = (work: () => Promise<unknown>) => {
    state.away = active('key-store-away');
    return work();
  };
  const secretsInWeather = Object.fromEntries(
    Object.entries(secrets).map(([name, call]) => [
      name,
      (...args: never[]) => away(() => (call as (...all: never[]) => Promise<unknown>)(...args)),
    ]),
  ) as unknown as typeof secrets;

  const began = clock.now();
  /** An hour or so; in every other fortnight about a day, as where access is evaluated continuously or a managed identity asks. */
  const tokenLifeMs = () => {
    const isLong = Math.floor((clock.now() - began) / (14 * 24 * hour)) % 2 === 1;
    return isLong ? (20 + 8 * random()) * hour : (60 + 30 * random()) * 60_000;
  };
  const identities = {
    chat: createFakeIdentity({ credential: 'chat', kind: 'delegated', signedIn: true, clock, tokenLifeMs }),
    events: createFakeIdentity({ credential: 'events', kind: 'application', signedIn: true, clock, tokenLifeMs }),
  };
  let passwordFault: Fault | undefined;
  let passwordCode = signInCodes[0] ?? '';
  const entraAway = (): IdentityTrouble | undefined => {
    const code = awayCodes[Math.floor(clock.now() / (24 * hour)) % awayCodes.length] ?? '';
    return active('entra-away') ? { kind: 'back-off', code, what: 'no answer', next: 'nothing' } : undefined;
  };
  identities.events.control.troubleNow = entraAway;
  identities.chat.control.troubleNow = () => {
    const away = entraAway();
    if (away !== undefined) return away;
    if (active('user-disabled')) return adminMustAct('AADSTS50057');
    if (passwordFault !== undefined) return signInAgain(passwordCode);
    const day = Math.floor(clock.now() / (24 * hour));
    return active('conditional-access') ? policyTroubles[day % policyTroubles.length] : undefined;
  };

  const graph = createFakeGraph({ clock, longestMs: 3 * 24 * hour, quietMs: 600_000 });
  graph.control.fault = (operation) => {
    if (active('graph-away')) return graphAway;
    if (active('clocks-differ')) return notYetValid;
    if (active('consent-taken-back')) return { ok: false, reason: 'forbidden', detail: 'no consent', status: 403 };
    if (operation === 'create' && active('graph-is-full'))
      return { ok: false, reason: 'quota', detail: 'the limit is reached', status: 403 };
    if (active('graph-throttled') && random() < 0.8) {
      const wait = random() < 0.5 ? {} : { retryAfterMs: 5_000 + 20_000 * random() };
      return { ok: false, reason: 'throttled', detail: 'too many requests', ...wait };
    }
    // Nobody waits any more when the answer comes.
    if (active('graph-is-slow') && random() < 0.7) return 'lost-answer';
    const changes = operation === 'create' || operation === 'delete';
    if (changes && active('graph-loses-answers') && random() < 0.5) return 'lost-answer';
    return undefined;
  };

  return {
    ...{ secrets: secretsInWeather, secretNames: names, identities, graph, active },
    /** The sign-in of the service user is worth nothing from now on. */
    passwordChanged(fault: Fault): void {
      if (passwordFault !== undefined) return;
      passwordFault = fault;
      passwordCode = signInCodes[Math.floor(random() * signInCodes.length)] ?? '';
      fault.until = Number.POSITIVE_INFINITY;
    },
    awaitsPerson: () => passwordFault !== undefined,
    /** Somebody signs in with the code that is shown. */
    approve(): void {
      if (passwordFault !== undefined) passwordFault.until = clock.now();
      passwordFault = undefined;
      identities.chat.control.approve();
    },
  };
}

/** Which kinds of faults last now: asked at every call, so only those near are looked at. */
function createActive(faults: readonly Fault[], now: () => number): (...kinds: readonly FaultKind[]) => boolean {
  const day = 24 * hour;
  const byDay = new Map<number, Fault[]>();
  for (const fault of faults)
    for (let at = Math.floor(fault.from / day); at <= Math.floor(Math.min(fault.until, fault.from + day) / day); at++)
      byDay.set(at, [...(byDay.get(at) ?? []), fault]);
  return (...kinds) => {
    const present = now();
    return (byDay.get(Math.floor(present / day)) ?? []).some(
      ({ kind, from, until }) => kinds.includes(kind) && from <= present && present < until,
    );
  };
}
