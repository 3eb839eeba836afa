import { ask } from '#cli/http.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import type { TenantAccess } from '#cli/roles/tenant-access.ts';
import type { Secrets } from '#ports/secrets.ts';
import { clientStateSecret } from '#workflows/activities/secrets.ts';
import { policySubscriptionId } from '#workflows/desired.ts';

export interface SimulatedPast {
  readonly context: RunContext;
  readonly access: TenantAccess;
  readonly secrets: Secrets;
  readonly simulator: RunningSimulator;
  readonly signal: AbortSignal;
}

/**
 * What happened long ago in a tenant that is well: the service user signed in, and the subscriptions that live were made by us. Done once for a key store; resolves
 * when it is so, or cannot be.
 */
export async function liveSimulated({ context, access, secrets, simulator, signal }: SimulatedPast): Promise<void> {
  try {
    for (const { policy, clientState } of simulator.tenant.subscriptions) {
      const name = clientStateSecret(policy === undefined ? 'chat' : policySubscriptionId(policy));
      const kept = { current: { value: clientState, creation: 'simulated' }, previous: [] };
      await secrets.write(name, new TextEncoder().encode(JSON.stringify(kept)), 'none');
    }
    const identity = access.identity('chat');
    const state = await identity.state();
    if (state.ok && state.signedIn) return;
    const signedIn = await identity.signInWithCode({
      signal,
      async show({ userCode }) {
        await ask(`${simulator.control}/codes`, { method: 'POST', body: { code: userCode } });
      },
    });
    if (!signedIn.ok && !signal.aborted)
      context.log.warn({ code: signedIn.trouble.code }, 'the simulated service user could not sign in');
  } catch (error) {
    if (!signal.aborted)
      context.log.warn(
        { detail: error instanceof Error ? error.message : 'failed' },
        'the simulated service user could not sign in',
      );
  }
}
