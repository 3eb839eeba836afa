import {
  type ClientAuth,
  type Configuration,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { Clock } from '#ports/clock.ts';
import type { Ids } from '#ports/ids.ts';
import type { Outbound } from '#ports/outbound.ts';
import { isUnreachable, providerFetch } from './provider-fetch.ts';

export interface DiscoveryDeps {
  /** The issuer, exactly as it stands in tokens: `https://login.microsoftonline.com/<tenant id>/v2.0`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientAuth;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly ids: Ids;
}

const freshMs = 3_600_000;
const attempts = 3;
const secondsToAnswer = 10;
/** Seconds that clocks may differ, as Entra itself allows. */
const toleranceSeconds = 300;

/**
 * What the provider says about itself, read once an hour at most, and kept while it does not answer. The key set is kept with it by openid-client (RFC
 * 7517), and fetched again for a key that is not in it, at most once a minute.
 * @returns rejects where it was never read and cannot be now
 */
export function createDiscovery(deps: DiscoveryDeps): () => Promise<Configuration> {
  const { issuer, clientId, auth, outbound, clock, ids } = deps;
  const options = {
    [customFetch]: providerFetch(outbound),
    timeout: secondsToAnswer,
    // The signature of an id token is checked, though it comes over TLS from the issuer itself.
    execute: [enableNonRepudiationChecks],
  };
  let known: { readonly configuration: Configuration; readonly at: number } | undefined;
  let reading: Promise<Configuration> | undefined;

  async function read(): Promise<Configuration> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const metadata = { [clockTolerance]: toleranceSeconds };
        const configuration = await discovery(new URL(issuer), clientId, metadata, auth, options);
        // openid-client lets templates of Entra pass; here only this very issuer will do.
        if (configuration.serverMetadata().issuer !== issuer)
          throw new TypeError('the identity provider names another issuer than the settings');
        known = { configuration, at: clock.monotonic() };
        return configuration;
      } catch (error) {
        if (attempt === attempts || !isUnreachable(error)) throw error;
        await clock.sleep(150 * 2 ** attempt * (0.5 + ids.fraction()));
      }
    }
  }

  return async () => {
    if (known !== undefined && clock.monotonic() - known.at < freshMs) return known.configuration;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    if (known === undefined) return await reading;
    // What was read before serves until there is something newer.
    reading.catch(() => undefined);
    return known.configuration;
  };
}
