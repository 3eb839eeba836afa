/** Ids of the built-in roles that stacks use ("Azure built-in roles", learn.microsoft.com). No other role is ever assigned. */
export const azureRoles = {
  'Azure Event Hubs Data Sender': '2b629674-e913-4c01-ae53-ef4638d8f975',
  'Azure Event Hubs Data Receiver': 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  /** Reads the value of a secret, and its versions; writes and deletes none. */
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
  /** Reads the key's public part, wraps and unwraps with it, and nothing else. */
  'Key Vault Crypto Service Encryption User': 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  'Disk Backup Reader': '3e5e47e6-65f7-47ef-90b5-e5dd4d455f24',
  'Disk Snapshot Contributor': '7efff54f-a5b4-42b5-a1c5-5411624893ce',
} as const;

export type AzureRole = keyof typeof azureRoles;

/** Resource id of a role's definition in a subscription. */
export function roleDefinitionId(subscriptionId: string, role: AzureRole): string {
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${azureRoles[role]}`;
}
