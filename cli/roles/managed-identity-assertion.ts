/**
 * A token of this machine's managed identity, which an application trusts in place of a secret ("Configure an application to trust a managed identity",
 * learn.microsoft.com). Rejects in time where the platform does not answer. The vendor's package is large: it is loaded only here.
 */
export async function managedIdentityAssertion(): Promise<string> {
  const { stackCredential } = await import('#adapters/azure-key-vault/credential.ts');
  const token = await stackCredential(process.env).credential.getToken('api://AzureADTokenExchange/.default');
  if (token === null) throw new Error('the managed identity of this machine has no token');
  return token.token;
}
