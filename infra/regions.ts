/**
 * Regions by where personal data may stay. Every one has three availability zones, Container Apps and Event Hubs with zone redundancy
 * (learn.microsoft.com: "List of Azure regions"); others are refused until somebody has looked.
 */
export const regionsByResidency = {
  eu: [
    'westeurope',
    'northeurope',
    'swedencentral',
    'germanywestcentral',
    'francecentral',
    'italynorth',
    'polandcentral',
    'spaincentral',
  ],
  uk: ['uksouth'],
  switzerland: ['switzerlandnorth'],
  norway: ['norwayeast'],
  us: ['eastus', 'eastus2', 'centralus', 'southcentralus', 'westus2', 'westus3'],
  canada: ['canadacentral'],
  australia: ['australiaeast'],
  japan: ['japaneast'],
  india: ['centralindia'],
  singapore: ['southeastasia'],
  brazil: ['brazilsouth'],
  uae: ['uaenorth'],
} as const;

export type Residency = keyof typeof regionsByResidency;
export const residencies = Object.keys(regionsByResidency) as readonly Residency[];
/** Every region that a stack may be in. */
export const allRegions: readonly string[] = Object.values(regionsByResidency).flat();

/** Where data of a region stays; undefined for a region that is not in the table. */
export function residencyOf(region: string): Residency | undefined {
  return residencies.find((residency) => (regionsByResidency[residency] as readonly string[]).includes(region));
}
