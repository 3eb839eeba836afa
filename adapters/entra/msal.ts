import { type INetworkModule, LogLevel, type NodeAuthOptions, type NodeSystemOptions } from '@azure/msal-node';

/** Which application signs in where. */
export interface Registration {
  readonly clientId: string;
  /** Origin and tenant: `https://login.microsoftonline.com/<tenant id>`. */
  readonly authority: string;
  /** Hosts (with a port that is not 443) that MSAL need not ask Microsoft about; the authority's own without it. */
  readonly knownAuthorities?: readonly string[];
}

/** For `auth` of MSAL's configuration. MSAL looks for other clouds at Microsoft unless the authority's host is known. */
export function authOf({ clientId, authority, knownAuthorities }: Registration): NodeAuthOptions {
  return { clientId, authority, knownAuthorities: [...(knownAuthorities ?? [new URL(authority).host])] };
}

/** For `system`: nothing is logged, and every request goes through the exchange. */
export function systemOf(networkClient: INetworkModule): NodeSystemOptions {
  return {
    networkClient,
    disableInternalRetries: true,
    loggerOptions: { logLevel: LogLevel.Error, piiLoggingEnabled: false, loggerCallback: () => {} },
  };
}

/** Tells whose grant it is: one of another application or tenant is of no use. */
export const ownerOf = ({ authority, clientId }: Registration) => `${authority.replace(/\/$/, '')} ${clientId}`;
