import { readFileSync } from 'node:fs';
import { createCookieSealer } from '#adapters/cookies/cookie-sealer.ts';
import type { ClientProof } from '#adapters/oidc/client-proof.ts';
import { createCommandTokens } from '#adapters/oidc/command-tokens.ts';
import { createSignInProvider } from '#adapters/oidc/sign-in-provider.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { createDeskData, type DeskDataDeps } from '#cli/roles/desk-data.ts';
import { managedIdentityAssertion } from '#cli/roles/managed-identity-assertion.ts';
import { createMetrics } from '#cli/roles/metrics.ts';
import { azureCommandLine, endWatchScope } from '#config/command-access.ts';
import { hideSealed } from '#domain/access/hide.ts';
import { clouds } from '#domain/identity/clouds.ts';
import { createAccessRecorder } from '#processor/access/access-recorder.ts';
import type { DeskSignIn } from '#web/sign-in/desk-sign-in.ts';
import { openLocalKey } from '#web/sign-in/local-key.ts';

/** What the settings say about people who sign in to the desk. */
export interface DeskSignInSettings {
  /** `TOCSIN_DESK_URL`, without a slash at its end. */
  readonly url: string;
  /** `TOCSIN_DESK_CLIENT_ID`. */
  readonly clientId: string;
  /** `TOCSIN_DESK_CLIENT_SECRET`. */
  readonly clientSecret?: string | undefined;
  /** `TOCSIN_DESK_CERTIFICATE`: a PEM file; and `TOCSIN_DESK_PRIVATE_KEY`: PEM. */
  readonly certificateFile?: string | undefined;
  readonly privateKey?: string | undefined;
  /** `TOCSIN_TRUSTED_PROXY`. */
  readonly trustedProxy: boolean;
  /** `TOCSIN_DESK_HELP`. */
  readonly help?: string | undefined;
}

export interface DeskSignInParts {
  /** For `startDeskServer`. */
  readonly signIn: DeskSignIn;
  /** Writes who looked at what until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Once `run` has ended. */
  close(): Promise<void>;
}

/** Puts together what a desk needs that people sign in to. @param deps those of the desk's own data */
export function openDeskSignIn(deps: DeskDataDeps, given: DeskSignInSettings): DeskSignInParts {
  const { context, shared } = deps;
  const { settings, clock, ids, log, stateDir } = context;
  const { tenant } = settings;
  if (tenant === undefined)
    throw new CommandError(exitCodes.settings, 'TOCSIN_TENANT must be set where people sign in to the desk');
  const outbound = createOutbound({
    ...{ cloud: settings.cloud, extraHosts: settings.allowedHosts ?? [], clock },
    ...(settings.certificateAuthority === undefined
      ? {}
      : { ca: readPem('TOCSIN_CERTIFICATE_AUTHORITY', settings.certificateAuthority) }),
  });
  const { secrets } = shared;
  const recorder = createAccessRecorder({
    ...{ log: shared.eventLog, sealer: shared.sealer, keyStore: shared.keyStore, clock, ids },
    recordedBy: context.recordedBy('desk'),
    onWaiting: (detail) => {
      if (detail !== undefined) log.warn({ detail }, 'who looked at what cannot be recorded yet');
    },
  });
  const authority = settings.entra ?? `${clouds[settings.cloud].entra}/${tenant}`;
  const signIn: DeskSignIn = {
    provider: createSignInProvider({
      ...{ issuer: `${authority}/v2.0`, tenant, clientId: given.clientId, outbound, clock, ids },
      proof: proofOf(given),
    }),
    commands: createCommandTokens({
      ...{ issuer: `${authority}/v2.0`, tenant, clientId: given.clientId, outbound, clock, ids },
      ...{ client: azureCommandLine, scope: endWatchScope.value },
    }),
    cookies: createCookieSealer({ secrets, clock }),
    origin: new URL(given.url).origin,
    trustedProxy: given.trustedProxy,
    ...(given.help === undefined ? {} : { help: given.help }),
    localKey: openLocalKey(stateDir),
    access: recorder,
    hidden: createDeskData({
      ...deps,
      context: withOwnMetrics(context),
      shared: { ...shared, sealer: hiding(shared) },
    }),
  };
  return {
    signIn,
    run: recorder.run,
    async close() {
      await outbound.close();
    },
  };
}

/** Personal values stay closed; no key is looked up. */
function hiding({ sealer }: DeskDataDeps['shared']): DeskDataDeps['shared']['sealer'] {
  return { ...sealer, unseal: async (document) => hideSealed(document) };
}

/** A call that is shown twice, once with its values hidden, is measured once. */
function withOwnMetrics(context: RunContext): RunContext {
  return { ...context, metrics: createMetrics(context.version) };
}

function proofOf({ clientSecret, certificateFile, privateKey }: DeskSignInSettings): ClientProof {
  if (clientSecret !== undefined) return { kind: 'secret', secret: clientSecret };
  if (privateKey === undefined) return { kind: 'federated', assertion: managedIdentityAssertion };
  if (certificateFile === undefined)
    throw new CommandError(
      exitCodes.settings,
      'TOCSIN_DESK_CERTIFICATE must be set beside TOCSIN_DESK_PRIVATE_KEY: the PEM file of its certificate',
    );
  return { kind: 'certificate', certificate: readPem('TOCSIN_DESK_CERTIFICATE', certificateFile), privateKey };
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CommandError(exitCodes.settings, `${setting}: ${file} cannot be read (${code})`);
  }
}
