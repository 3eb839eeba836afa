import { ManagedIdentityCredential, type TokenCredential, WorkloadIdentityCredential } from '@azure/identity';
import { within } from './deadline.ts';

/** Which identity a process has, by what its platform put into the environment. */
export interface StackCredential {
  /** `workload`: a federated token in a file (Kubernetes); `managed`: an endpoint of the platform, or else that of the virtual machine. */
  readonly kind: 'workload' | 'managed';
  /** Every call ends in time, whatever the vendor's own patience is. */
  readonly credential: TokenCredential;
}

const never = new AbortController().signal;

/**
 * The identity of this process. Container Apps give `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, virtual machines have the metadata service, Kubernetes
 * gives `AZURE_FEDERATED_TOKEN_FILE` with `AZURE_TENANT_ID`. `AZURE_CLIENT_ID` names a user-assigned identity. Nothing else is tried: no secret, no
 * developer's sign-in ("Managed identities for Azure resources", "Workload identity" on learn.microsoft.com).
 * @param env the process's environment; the vendor's library reads the endpoint from `process.env` itself
 * @param timeoutMs for one token
 */
export function stackCredential(
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs = 10_000,
): StackCredential {
  const clientId = env['AZURE_CLIENT_ID'];
  const tenantId = env['AZURE_TENANT_ID'];
  const tokenFilePath = env['AZURE_FEDERATED_TOKEN_FILE'];
  const authorityHost = env['AZURE_AUTHORITY_HOST'];
  if (tokenFilePath && clientId && tenantId) {
    const credential = new WorkloadIdentityCredential({
      clientId,
      tenantId,
      tokenFilePath,
      retryOptions: { maxRetries: 1 },
      ...(authorityHost ? { authorityHost } : {}),
    });
    return { kind: 'workload', credential: bounded(credential, timeoutMs) };
  }
  const options = { retryOptions: { maxRetries: 2 } };
  return {
    kind: 'managed',
    credential: bounded(new ManagedIdentityCredential(clientId ? { clientId, ...options } : options), timeoutMs),
  };
}

/** The vendor's managed identity takes no signal and tries for minutes. */
function bounded(credential: TokenCredential, timeoutMs: number): TokenCredential {
  return {
    getToken: (scopes, options) =>
      within(timeoutMs, options?.abortSignal === undefined ? never : linked(options.abortSignal), () =>
        credential.getToken(scopes, options),
      ),
  };
}

/** The vendor's signals are not the platform's. */
function linked(vendor: {
  readonly aborted: boolean;
  addEventListener: (type: 'abort', listener: () => void) => void;
}) {
  const own = new AbortController();
  if (vendor.aborted) own.abort();
  else vendor.addEventListener('abort', () => own.abort());
  return own.signal;
}
