import { describe, expect, it } from 'vitest';
import { remedies } from '#infra/driver/remedies.ts';

/** What is said, as it was seen, and what has to be in the remedy. Ids are invented. */
const cases: readonly (readonly [name: string, said: string, remedy: RegExp])[] = [
  [
    'a missing role for roles',
    `Status=403 Code="AuthorizationFailed" Message="The client 'anna@contoso.com' with object id '0c1d' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/1/resourceGroups/rg-tocsin-contoso/providers/Microsoft.Authorization/roleAssignments/2' or the scope is invalid. If access was recently granted, please refresh your credentials."`,
    /^Your sign-in lacks a role: it needs Role Based Access Control Administrator on the subscription/,
  ],
  [
    'a missing role for anything',
    `cannot check existence of resource '/subscriptions/1/resourcegroups/rg': status code 403, {"error":{"code":"AuthorizationFailed","message":"The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourcegroups/read' over scope '/subscriptions/1/resourcegroups/rg' or the scope is invalid. If access was recently granted, please refresh your credentials."}}`,
    /needs Contributor on the subscription/,
  ],
  [
    'a missing role for locks',
    `Status=403 Code="AuthorizationFailed" Message="The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Authorization/locks/write' over scope '/s'"`,
    /needs User Access Administrator or Owner/,
  ],
  [
    'a policy of the organisation',
    `Status=403 Code="RequestDisallowedByPolicy" Message="Resource 'stcontoso' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"Enforce tagging of resources: department","id":"/subscriptions/1/providers/Microsoft.Authorization/policyAssignments/01"},"policyDefinition":{"name":"Require specified tag","id":"/providers/2"}}]'."`,
    /“Enforce tagging of resources: department”.*exemption/,
  ],
  [
    'a quota of cores',
    `Code="OperationNotAllowed" Message="Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: swedencentral, Current Limit: 10, Current Usage: 8, Additional Required: 4, (Minimum) New Limit Required: 12. Submit a request for Quota increase at https://aka.ms/ProdportalCRP/"`,
    /standardDSv5Family Cores in swedencentral \(8 of 10 used, 4 more needed\)\. Ask for more/,
  ],
  [
    'a quota of environments',
    'Code="MaxNumberOfRegionalEnvironmentsInSubExceeded" Message="The subscription \'1\' cannot have more than 1 Container App Environments in North Europe."',
    /quota of the subscription is used up/,
  ],
  [
    'a size that is not to be had',
    `Code="SkuNotAvailable" Message="The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_D2s_v5' is currently not available in location 'westeurope'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details."`,
    /another `machineSize`.*az vm list-skus/,
  ],
  [
    'a zone that a region does not have for the subscription',
    `Code="InvalidAvailabilityZone" Message="The zone(s) '3' for resource 'Microsoft.Network/publicIPAddresses/pip' is not supported. The supported zones for location 'westus' are '1,2'"`,
    /availability zone\. Take .*or take another region/,
  ],
  [
    'a region that is closed to the subscription',
    `Code="LocationIsOfferRestricted" Message="Subscriptions are restricted from provisioning in location 'westeurope'. Try again in a different location."`,
    /may not make this in the region/,
  ],
  [
    'a provider that nobody registered',
    `Code="MissingSubscriptionRegistration" Message="The subscription is not registered to use namespace 'Microsoft.App'. See https://aka.ms/rps-not-found for how to register subscriptions."`,
    /az provider register --namespace Microsoft\.App --wait/,
  ],
  [
    'a lock on a group',
    `Code="ScopeLocked" Message="The scope '/subscriptions/1/resourceGroups/rg-tocsin-contoso/providers/Microsoft.KeyVault/vaults/kv' cannot perform delete operation because following scope(s) are locked: '/subscriptions/1/resourceGroups/rg-tocsin-contoso'. Please remove the lock and try again."`,
    /forbids to delete this; `az lock list --resource-group rg-tocsin-contoso`/,
  ],
  [
    'a name of storage that is taken',
    'Status=409 Code="StorageAccountAlreadyTaken" Message="The storage account named stcontoso is already taken."',
    /A name is taken/,
  ],
  [
    'a thing that is there already',
    "cannot create already existing resource '/subscriptions/1/resourceGroups/rg-tocsin-contoso'",
    /there already, .*: \/subscriptions\/1\/resourceGroups\/rg-tocsin-contoso\. Restore/,
  ],
  [
    'a secret whose setting was there before',
    "cannot create already existing resource '/subscriptions/1/resourceGroups/rg-tocsin-contoso/providers/Microsoft.KeyVault/vaults/kv-contoso-1/secrets/paging-secret'",
    /^paging-secret is in the vault since .*`pulumi import azure-native:keyvault:Secret secret-paging-secret \/subscriptions\/1\/resourceGroups\/rg-tocsin-contoso\/providers\/Microsoft\.KeyVault\/vaults\/kv-contoso-1\/secrets\/paging-secret --stack/,
  ],
  [
    'a secret that its vault does not let be deleted',
    `DELETE https://kv-contoso-1.vault.azure.net/secrets/large-notifications RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource. Action: 'Microsoft.KeyVault/vaults/secrets/delete'","innererror":{"code":"ForbiddenByRbac"}}}`,
    /Key Vault Secrets Officer on kv-contoso-1, .* deletes large-notifications by itself\. Nobody has to: `tocsin tenant up/,
  ],
  [
    'a key that its vault does not let be deleted from here',
    `DELETE https://kv-contoso-1.vault.azure.net/keys/tocsin RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {"error":{"code":"Forbidden","message":"Client address is not authorized and caller is not a trusted service.","innererror":{"code":"ForbiddenByFirewall"}}}`,
    /Key Vault Crypto Officer on kv-contoso-1, from a network that it lets in/,
  ],
  [
    'a role that somebody gave by hand',
    'Status=409 Code="RoleAssignmentExists" Message="The role assignment already exists."',
    /given the same role by hand/,
  ],
  [
    'an identity that Azure does not know yet',
    'Code="PrincipalNotFound" Message="Principal 0f14 does not exist in the directory c7cb. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay."',
    /Wait for a minute/,
  ],
  [
    'a subscription that is disabled',
    `Code="ReadOnlyDisabledSubscription" Message="The subscription '1' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled."`,
    /subscription is disabled/,
  ],
  [
    'a group that is still being deleted',
    `Status=409 Code="ResourceGroupBeingDeleted" Message="The resource group 'rg-tocsin-contoso' is in deprovisioning state and cannot perform this operation."`,
    /still busy/,
  ],
  [
    'a change that is not over',
    'Code="AnotherOperationInProgress" Message="Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: https://management.azure.com/subscriptions/1"',
    /still busy/,
  ],
  [
    'too many addresses',
    'Code="PublicIPCountLimitReached" Message="Cannot create more than 3 public IP addresses for this subscription in this region."',
    /quota of the subscription is used up/,
  ],
  [
    'too many requests',
    `Status=429 Code="SubscriptionRequestsThrottled" Message="Number of 'read' requests for subscription 'XXX' actor 'YYY' exceeded. Please try again after '10' seconds after additional tokens are available."`,
    /Wait for some minutes/,
  ],
  [
    'a sign-in that has expired',
    'ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 2026-01-25T17:51:10.1Z and was inactive for 90.00:00:00.',
    /Nobody is signed in to Azure any more: `az login/,
  ],
  ['nobody signed in', "AzureCLICredential: ERROR: Please run 'az login' to setup account.", /`az login --tenant/],
  [
    'a second factor',
    "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.",
    /Conditional Access/,
  ],
  [
    'no right in Entra ID',
    'Could not create application: ApplicationsClient.BaseClient.Post(): unexpected status 403 with OData error: Authorization_RequestDenied: Insufficient privileges to complete the operation.',
    /Application Administrator/,
  ],
  [
    'a token that Pulumi Cloud does not take',
    'error: this command requires logging in; try running `pulumi login` first',
    /PULUMI_ACCESS_TOKEN/,
  ],
  [
    'a token that Pulumi Cloud does not take at sign-in',
    'error: problem logging in: Unauthorized: No credentials provided or are invalid.',
    /expired or was revoked/,
  ],
  [
    'no token',
    'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions',
    /Nobody is signed in to Pulumi Cloud.*PULUMI_BACKEND_URL/,
  ],
  ['no right at Pulumi Cloud', 'error: [403] Forbidden: you do not have permission', /no right to this stack/],
  ['trouble at Pulumi Cloud', 'error: [503] Service unavailable', /status\.pulumi\.com/],
  [
    'a service that is away',
    'error: performing HTTP request: Get "http://127.0.0.1:41573/api/user": dial tcp 127.0.0.1:41573: connect: connection refused',
    /^127\.0\.0\.1:41573 cannot be reached.*PULUMI_BACKEND_URL/,
  ],
  [
    'a missing passphrase',
    'error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables',
    /sealed with a passphrase/,
  ],
  [
    'a key that seals the state and lets nobody in',
    `error: secrets (code=PermissionDenied): RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource. If role assignments, deny assignments or role definitions were changed recently, please observe propagation time. Action: 'Microsoft.KeyVault/vaults/keys/decrypt/action'","innererror":{"code":"ForbiddenByRbac"}}}`,
    /Key Vault Crypto User/,
  ],
  [
    'a vault of the state that lets in other networks alone',
    `error: secrets (code=PermissionDenied): POST https://kv-state.vault.azure.net/keys/state/0/decrypt RESPONSE 403: 403 Forbidden {"error":{"code":"Forbidden","message":"Client address is not authorized and caller is not a trusted service.","innererror":{"code":"ForbiddenByFirewall"}}}`,
    /network rules of the key vault leave this machine out/,
  ],
  [
    'storage of the state that lets nobody in',
    'error: could not list bucket: blob (code=Unknown): RESPONSE 403: 403 This request is not authorized to perform this operation using this permission. ERROR CODE: AuthorizationPermissionMismatch',
    /Storage Blob Data Contributor/,
  ],
];

describe('what to do about a refusal', () => {
  it.each(cases)('is said for %s, and nothing else with it', (_, said, remedy) => {
    const known = remedies([said]);
    expect(known).toHaveLength(1);
    expect(known[0]).toMatch(remedy);
    expect(known[0]).not.toMatch(/\.$|undefined/);
  });

  it('is said once for all that one missing role forbids', () => {
    const said = (action: string) =>
      `Code="AuthorizationFailed" Message="The client 'a' does not have authorization to perform action '${action}' over scope '/s'"`;
    expect(
      remedies([said('Microsoft.App/containerApps/write'), said('Microsoft.Network/natGateways/write')]),
    ).toHaveLength(1);
  });

  it('is said once for many things that fail alike, and of what nobody knows nothing is said', () => {
    const said = (name: string) => `${name}: Code="SkuNotAvailable" Message="…"`;
    expect(remedies([said('a'), said('b'), 'error: something new'])).toHaveLength(1);
    expect(remedies(['error: something new'])).toEqual([]);
  });
});
