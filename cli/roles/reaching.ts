import type { Agent } from 'node:https';
import type { VaultTransport } from '#adapters/azure-key-vault/transport.ts';
import { readPemFile } from '#cli/roles/pem-file.ts';
import type { Settings } from '#config/settings.ts';

/** Where the hosts of Azure are, when they are not where the name service says. */
export type Reaching = Pick<Settings, 'addresses' | 'certificateAuthority'>;

/** Those two settings alone: what a thread is told. */
export function reachingOf({ addresses, certificateAuthority }: Settings): Reaching {
  return { addresses, certificateAuthority };
}

/** @throws {CommandError} with exit code 78 where the authority cannot be read */
export function transportOf({ addresses, certificateAuthority }: Reaching): VaultTransport {
  if (addresses === undefined) return {};
  return {
    addresses,
    ...(certificateAuthority === undefined
      ? {}
      : { ca: readPemFile('TOCSIN_CERTIFICATE_AUTHORITY', certificateAuthority) }),
  };
}

/** Connections to those hosts; undefined where every name means what it says. */
export async function agentOf(reaching: Reaching): Promise<Agent | undefined> {
  if (reaching.addresses === undefined) return undefined;
  const { mappedAgent } = await import('#adapters/azure-key-vault/transport.ts');
  return mappedAgent(transportOf(reaching));
}

/** A connection string of EventStoreDB with its hosts where they are; their certificates must then carry those addresses. */
export function reachedLog(connectionString: string, { addresses, certificateAuthority }: Reaching): string {
  const [, start = '', hosts = '', rest = ''] = /^([^:]+:\/\/(?:[^@/?]*@)?)([^/?]+)(.*)$/s.exec(connectionString) ?? [];
  const mapped = hosts.split(',').map((host) => addresses?.[host.replace(/:\d+$/, '')] ?? host);
  if (mapped.join(',') === hosts) return connectionString;
  const whole = `${start}${mapped.join(',')}${rest}`;
  if (certificateAuthority === undefined || /[?&]tlscafile=/i.test(rest)) return whole;
  return `${whole}${rest.includes('?') ? '&' : '?'}tlsCAFile=${encodeURIComponent(certificateAuthority)}`;
}
