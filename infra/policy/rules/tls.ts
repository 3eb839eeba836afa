import { at, findings, type Rule } from '../rule.ts';

/** TLS 1.2 at least, and never plain text. */
export const tls: Rule = {
  name: 'tls-1-2',
  description: 'Connections use TLS 1.2 or newer.',
  check({ type, props }) {
    switch (type) {
      case 'azure-native:eventhub:Namespace':
        return ['1.2', '1.3'].includes(String(props['minimumTlsVersion'])) ? [] : ['minimumTlsVersion must be 1.2.'];
      case 'azure-native:storage:StorageAccount':
        return findings(
          () =>
            ['TLS1_2', 'TLS1_3'].includes(String(props['minimumTlsVersion']))
              ? []
              : ['minimumTlsVersion must be TLS1_2.'],
          () => (props['enableHttpsTrafficOnly'] === true ? [] : ['enableHttpsTrafficOnly must be true.']),
        );
      case 'azure-native:app:ContainerApp':
        return at(props, 'configuration', 'ingress', 'allowInsecure') === true
          ? ['ingress.allowInsecure must be false.']
          : [];
      case 'azure-native:dbforpostgresql:Configuration':
        return weakDatabase(String(props['configurationName']), String(props['value']));
      default:
        return [];
    }
  },
};

function weakDatabase(name: string, value: string): readonly string[] {
  if (name === 'require_secure_transport' && value.toLowerCase() === 'off')
    return ['require_secure_transport must be on.'];
  if (name === 'ssl_min_protocol_version' && !['TLSv1.2', 'TLSv1.3'].includes(value))
    return ['ssl_min_protocol_version must be TLSv1.2.'];
  return [];
}
