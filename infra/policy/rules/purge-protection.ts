import { at, findings, type Rule } from '../rule.ts';

/** What a key vault loses can be had back, whoever deleted it. */
export const purgeProtection: Rule = {
  name: 'purge-protection',
  description: 'Key vaults have soft delete and purge protection.',
  check({ type, props }) {
    if (type !== 'azure-native:keyvault:Vault') return [];
    return findings(
      () => (at(props, 'properties', 'enablePurgeProtection') === true ? [] : ['enablePurgeProtection must be true.']),
      () => (at(props, 'properties', 'enableSoftDelete') === false ? ['enableSoftDelete must not be false.'] : []),
    );
  },
};
