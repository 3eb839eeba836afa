import { forms } from '#infra/settings/forms.ts';
import { listOf, type Read } from '#infra/settings/row.ts';

interface Span {
  readonly first: number;
  readonly last: number;
}

/** Addresses that never come out of a network (RFC 1918). */
const privateSpans = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(spanOf);
const networks = listOf(forms.network, 'IPv4 networks');

/**
 * Networks that the firewalls of storage accounts and key vaults take. Azure would refuse the others in the middle of a run: storage takes no private ones and
 * no /31 ("Guidelines and limitations for the Azure Storage firewall", learn.microsoft.com), vaults no private ones. A /32 is handed over as an address.
 */
export function publicNetworks(text: string): Read<readonly string[]> {
  const read = networks(text);
  if (!read.ok) return read;
  for (const network of read.value) {
    const fault = faultOf(network);
    if (fault !== undefined) return { ok: false, fault };
  }
  return read;
}

function faultOf(network: string): string | undefined {
  const { first, last } = spanOf(network);
  if (privateSpans.some((one) => first <= one.last && last >= one.first))
    return `must not name "${network}", which holds private addresses (RFC 1918): the firewalls of storage and key vault see public ones alone; name the public address by which that network reaches the internet`;
  if (last - first === 1)
    return `must not name "${network}": storage takes no network of two addresses; list both, "${addressOf(first)}, ${addressOf(last)}"`;
  return undefined;
}

/** The addresses of a network as numbers; a lone address is a network of one. */
function spanOf(network: string): Span {
  const [address = '', bits = '32'] = network.split('/');
  const size = 2 ** (32 - Number(bits));
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}

function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
