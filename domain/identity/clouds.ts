/** Microsoft's clouds, as the setting names them. */
export type Cloud = 'global' | 'usgov' | 'usgov-dod' | 'china';

/** Where one of Microsoft's clouds is. */
export interface CloudEndpoints {
  /** Origin of Microsoft Entra ID, without a slash at its end. */
  readonly entra: string;
  /** Origin of Microsoft Graph, which is also the prefix of its scopes. */
  readonly graph: string;
  /** Whole host names that may be connected to. */
  readonly hosts: readonly string[];
  /** Endings of host names, each with its dot, before which a name of a tenant's own stands: `.servicebus.windows.net`. */
  readonly suffixes: readonly string[];
}

/**
 * Endpoints of each cloud. Sources: Entra "Authentication using Microsoft Entra ID in national clouds"; Graph "National cloud deployments";
 * Azure "Compare Azure Government and global Azure" (endpoint mapping); Azure China "Developer guide" (endpoint mapping).
 * A US Government tenant of the level GCC is in the global cloud, GCC High in `usgov`, DoD in `usgov-dod`.
 */
export const clouds: Readonly<Record<Cloud, CloudEndpoints>> = {
  global: {
    entra: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    // The two older names still issue and publish keys for tokens of version 1.
    hosts: ['login.microsoftonline.com', 'login.windows.net', 'sts.windows.net', 'graph.microsoft.com'],
    suffixes: ['.servicebus.windows.net', '.blob.core.windows.net', '.vault.azure.net'],
  },
  usgov: {
    entra: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    hosts: ['login.microsoftonline.us', 'graph.microsoft.us'],
    suffixes: ['.servicebus.usgovcloudapi.net', '.blob.core.usgovcloudapi.net', '.vault.usgovcloudapi.net'],
  },
  'usgov-dod': {
    entra: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    hosts: ['login.microsoftonline.us', 'dod-graph.microsoft.us'],
    suffixes: ['.servicebus.usgovcloudapi.net', '.blob.core.usgovcloudapi.net', '.vault.usgovcloudapi.net'],
  },
  china: {
    entra: 'https://login.partner.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    hosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn', 'microsoftgraph.chinacloudapi.cn'],
    suffixes: ['.servicebus.chinacloudapi.cn', '.blob.core.chinacloudapi.cn', '.vault.azure.cn'],
  },
};

/** True for a host name (lower case, without a port) of a cloud. */
export function isHostOf(cloud: Cloud, host: string): boolean {
  const { hosts, suffixes } = clouds[cloud];
  if (hosts.includes(host)) return true;
  const suffix = suffixes.find((ending) => host.endsWith(ending));
  // Names of namespaces, accounts and vaults are one label of letters, digits and hyphens.
  return suffix !== undefined && /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(host.slice(0, -suffix.length));
}
