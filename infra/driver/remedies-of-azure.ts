import { needs, type Remedy } from '#infra/driver/remedy.ts';

/** Resources never move, so another region is another stack. */
const elsewhere =
  'or take another region, which means to delete the stack and begin anew (`tocsin tenant destroy <slug>`, `tocsin tenant init <slug> --set region=…`)';

/**
 * A secret or key of a stack that its vault does not let be deleted. The vault that seals the secrets of a state refuses in the same words, but is never asked
 * to delete anything.
 */
const ofVaultContent =
  /DELETE https:\/\/([^./]+)\.vault\.azure\.net\/(secrets|keys)\/([^/\s?]+)(?=[\s\S]*(?:ForbiddenBy|not authorized))/;

/** Azure Resource Manager: "Troubleshoot common Azure deployment errors" and the pages of each service (learn.microsoft.com). */
export const ofAzure: readonly Remedy[] = [
  {
    when: /does not have authorization to perform action '([^']+)'/,
    say: ([, action = '']) =>
      `Your sign-in lacks a role: it needs ${roleFor(action)} on the subscription ${needs}. With Privileged Identity Management activate it first. One that was just given takes up to five minutes; then \`az login\` again`,
  },
  {
    when: /RequestDisallowedByPolicy[\s\S]*?"policyAssignment":\s*\{"name":\s*"([^"]+)"|RequestDisallowedByPolicy|disallowed by policy/,
    say: ([, name]) =>
      `A policy of your organisation forbids this${name === undefined ? '' : ` (“${name}”)`}. Whoever looks after Azure Policy gives an exemption for the resource group, or says which setting agrees with it (\`tags\`, \`region\`, \`deskAccess\`)`,
  },
  {
    when: /results in exceeding approved (.+?) quota|exceeding quota limits of (\w+)/,
    say: ([, approved, limits], text) => {
      const number = (name: string) => new RegExp(`${name}: (\\w+)`).exec(text)?.[1];
      const [place, limit, used, more] = ['Location', 'Current Limit', 'Current Usage', 'Additional Required'].map(
        number,
      );
      const counted = limit === undefined ? '' : ` (${used} of ${limit} used, ${more} more needed)`;
      return `A quota of the subscription is used up: ${approved ?? limits}${place === undefined ? '' : ` in ${place}`}${counted}. Ask for more in the Azure portal (Quotas, Compute), or take a \`machineSize\` that is smaller or of another family`;
    },
  },
  {
    when: /MaxNumberOf\w*EnvironmentsInSubExceeded|\bQuotaExceeded\b|PublicIPCountLimitReached|RoleAssignmentLimitExceeded/,
    say: () =>
      'A quota of the subscription is used up. Ask for more in the Azure portal (Help + support, “Service and subscription limits (quotas)”), or take another subscription',
  },
  {
    when: /SkuNotAvailable|azureskunotavailable|ZonalAllocationFailed|AllocationFailed|Overconstrained(?:Zonal)?AllocationRequest/,
    say: () =>
      'Azure has no room for machines of this size in this region or zone, or does not offer them to the subscription. Take another `machineSize` (`az vm list-skus --location <region> --zone --all --output table` shows which are offered without restrictions), or try again later',
  },
  {
    when: /The zone\(s\) '[^']*' for resource|does not support availability zones at|InvalidAvailabilityZone|LocationNotSupportAvailabilityZones|AvailabilityZoneNotSupported/,
    say: () =>
      `The region does not offer the subscription this in every availability zone. Take a \`machineSize\` that is there in all three zones (\`az vm list-skus --location <region> --zone --output table\`), ${elsewhere}`,
  },
  {
    when: /LocationIsOfferRestricted|restricted from provisioning|LocationNotAvailableForResourceType|RegionDoesNotAllowProvisioning/,
    say: () =>
      `The subscription may not make this in the region. Ask for it in the Azure portal (Help + support, “Service and subscription limits (quotas)”), ${elsewhere}`,
  },
  {
    when: /(?:not registered to use|must be registered to use) namespace '([^']+)'/,
    say: ([, namespace = '']) =>
      `The subscription was never told that it will use ${namespace}: \`az provider register --namespace ${namespace} --wait\``,
  },
  {
    when: /cannot perform (\w+) operation because following scope\(s\) are locked: '([^']+)'/,
    say: ([, what = '', scope = '']) => {
      const [, group] = /^\/subscriptions\/[^/]+\/resourcegroups\/([^/]+)$/i.exec(scope) ?? [];
      const where = group === undefined ? `--resource ${scope}` : `--resource-group ${group}`;
      return `A lock forbids to ${what} this; \`az lock list ${where}\` shows whose it is. Locks named tocsin-keep are there on purpose, on evidence, log and keys. Take off one that somebody else set, if it may go`;
    },
  },
  {
    when: ofVaultContent,
    say: ([, vault = '', kind = '', name = '']) =>
      `Only somebody with the role Key Vault ${kind === 'keys' ? 'Crypto' : 'Secrets'} Officer on ${vault}, from a network that it lets in (\`allowedNetworks\`), deletes ${name} by itself. Nobody has to: \`tocsin tenant up <slug>\` with the settings as they were leaves such things to their vault, and then the same command goes through`,
  },
  {
    when: /StorageAccountAlreadyTaken|VaultAlreadyExists|The vault name '[^']+' is already in use|ServerNameAlreadyExists|Specified server name is already used|NameUnavailable|NamespaceUnavailable/,
    say: () =>
      'A name is taken, perhaps by what was deleted a while ago: names of vaults stay taken for 90 days, those of storage for some minutes. Names follow the slug: wait, or take another slug (`tocsin tenant init <slug>`)',
  },
  {
    when: /cannot create already existing (?:sub)?resource ['"]?(\S+\/vaults\/[^/\s]+\/secrets\/([^\s'"]+))/i,
    say: ([, id = '', name = '']) =>
      `${name} is in the vault since its setting was there before: what is in a vault stays in it. Adopt it, then run this again: \`pulumi stack --show-urns\` shows the URN of the component \`keys\`; \`pulumi import azure-native:keyvault:Secret secret-${name} ${id} --stack <slug> --parent keys=<URN> --protect=false --generate-code=false\``,
  },
  {
    when: /cannot create already existing (?:sub)?resource(?! \S+\/vaults\/[^/\s]+\/secrets\/) ['"]?([^\s'"]+)/,
    say: ([, id = '']) =>
      `Something of this name is there already, made by somebody else or by a run whose state is lost: ${id}. Restore the state from its backup, or adopt it with \`pulumi import\``,
  },
  {
    when: /RoleAssignmentExists|The role assignment already exists/,
    say: () =>
      'Somebody has given the same role by hand. Take it away (`az role assignment list --all --assignee <id>`, `az role assignment delete --ids <id>`), then run this again',
  },
  {
    when: /PrincipalNotFound|Principal \S+ does not exist in the directory/,
    say: () =>
      'Azure does not know an identity yet that was just made in Entra ID. Wait for a minute and run this again; where it stays, the object id of a group in the settings (`responders`, `operators`, `compliance`, `administrators`) is wrong',
  },
  {
    when: /ReadOnlyDisabledSubscription|is disabled and therefore marked as read only/,
    say: () =>
      'The subscription is disabled, often for want of payment. Whoever owns it enables it again in the Azure portal',
  },
  {
    when: /SubscriptionNotFound|The subscription '[^']*' could not be found/,
    say: () =>
      'Your sign-in does not see the subscription: `az account list --output table`, then `az account set --subscription <id>`',
  },
  {
    when: /InvalidAuthenticationTokenTenant|wrong issuer/,
    say: () => 'You are signed in to another directory than that of the subscription: `az login --tenant <domain>`',
  },
  {
    when: /ResourceGroupBeingDeleted|AnotherOperationInProgress/,
    say: () =>
      'Azure is still busy with an earlier change or deletion of this. Wait for some minutes and run this again; `az resource list --resource-group <group> --output table` shows what is left',
  },
  {
    when: /TooManyRequests|SubscriptionRequestsThrottled|Status=429/,
    say: () => 'Azure takes no more requests for a while. Wait for some minutes and run this again',
  },
];

/** What the role is called that lets somebody do it. */
function roleFor(action: string): string {
  if (/^Microsoft\.Authorization\/roleAssignments\//i.test(action)) return 'Role Based Access Control Administrator';
  if (/^Microsoft\.Authorization\/locks\//i.test(action)) return 'User Access Administrator or Owner';
  return 'Contributor';
}
