import type { Rule } from '../rule.ts';

/** The same as in `infra/regions.ts`; a policy pack is read by itself, and a test holds the two against each other. */
export const regions: readonly string[] = [
  'westeurope',
  'northeurope',
  'swedencentral',
  'germanywestcentral',
  'francecentral',
  'italynorth',
  'polandcentral',
  'spaincentral',
  'uksouth',
  'switzerlandnorth',
  'norwayeast',
  'eastus',
  'eastus2',
  'centralus',
  'southcentralus',
  'westus2',
  'westus3',
  'canadacentral',
  'australiaeast',
  'japaneast',
  'centralindia',
  'southeastasia',
  'brazilsouth',
  'uaenorth',
];

/** Everything is where somebody has looked at the law and the zones. */
export const allowedRegions: Rule = {
  name: 'allowed-regions',
  description: 'Everything is in a region that stacks may be in, or in none.',
  check({ props }) {
    const location = props['location'];
    if (typeof location !== 'string') return [];
    const region = location.toLowerCase().replaceAll(' ', '');
    return region === 'global' || regions.includes(region)
      ? []
      : [`location ${location} is not among the allowed regions.`];
  },
};
