import type { Clock } from '#ports/clock.ts';
import type { EntraFaultState } from '#simulator/entra/faults.ts';
import type { EntraClient, EntraOptions, EntraTenant, EntraUser } from '#simulator/entra/options.ts';
import { type AadstsCode, type EntraErrorBody, refusal } from '#simulator/entra/refusals.ts';
import type { SigningKey } from '#simulator/entra/signing-key.ts';
import type { EntraStore } from '#simulator/entra/store.ts';

/** What all endpoints of one simulated tenant share. */
export interface Realm {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  /** `https://localhost:PORT/TENANT`. */
  readonly authority: string;
  /** `https://localhost:PORT/TENANT/v2.0`. */
  readonly issuer: string;
  readonly options: EntraOptions;
  readonly tenant: EntraTenant;
  readonly clock: Clock;
  readonly store: EntraStore;
  readonly key: SigningKey;
  readonly faults: EntraFaultState;
  client(clientId: unknown): EntraClient | undefined;
  /** By object id or sign-in name. */
  user(id: string | undefined): EntraUser | undefined;
  /** What the clock of the simulated Entra ID shows, milliseconds since 1970 UTC: it may be off. */
  shownTime(): number;
  refusal(code: AadstsCode, correlationId: string): { readonly status: number; readonly body: EntraErrorBody };
}

export function createRealm(
  origin: string,
  options: EntraOptions,
  parts: { readonly store: EntraStore; readonly key: SigningKey; readonly faults: EntraFaultState },
): Realm {
  const { tenant, clock } = options;
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const shownTime = () => clock.now() + parts.faults.skewMs();
  return {
    ...parts,
    origin,
    authority: `${origin}/${tenant.id}`,
    issuer: `${origin}/${tenant.id}/v2.0`,
    options,
    tenant,
    clock,
    client: (clientId) =>
      parts.faults.on('app-missing') || typeof clientId !== 'string' ? undefined : clients.get(clientId),
    user: (id) => tenant.users.find((user) => user.id === id || user.upn.toLowerCase() === id?.toLowerCase()),
    shownTime,
    refusal: (code, correlationId) => refusal(code, { now: shownTime(), origin, correlationId }),
  };
}
