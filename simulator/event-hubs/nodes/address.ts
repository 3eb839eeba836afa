/** What a link is attached to. */
export type Address =
  | { readonly node: 'cbs' }
  | { readonly node: 'management' }
  | { readonly node: 'hub'; readonly hub: string; readonly partition: string | undefined; readonly path: string }
  | {
      readonly node: 'consumer-group';
      readonly hub: string;
      readonly group: string;
      readonly partition: string;
      readonly path: string;
    };

/**
 * Reads a link's address: `$cbs`, `$management`, `hub`, `hub/Partitions/0` or `hub/ConsumerGroups/g/Partitions/0`,
 * in any case and with or without the namespace before it (Python's client sends whole URIs).
 * @returns undefined for anything else
 */
export function parseAddress(address: string | null | undefined): Address | undefined {
  const path = (address ?? '').replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');
  const parts = path.split('/');
  const [hub = '', first, second, third, fourth] = parts;
  if (path === '$cbs') return { node: 'cbs' };
  if (parts.at(-1)?.toLowerCase() === '$management') return { node: 'management' };
  if (hub === '' || hub.startsWith('$')) return undefined;
  if (parts.length === 1) return { node: 'hub', hub, partition: undefined, path };
  if (parts.length === 3 && is(first, 'partitions') && second !== undefined) {
    return { node: 'hub', hub, partition: second, path };
  }
  const complete = parts.length === 5 && is(first, 'consumergroups') && is(third, 'partitions');
  if (!complete || second === undefined || fourth === undefined) return undefined;
  return { node: 'consumer-group', hub, group: second, partition: fourth, path };
}

function is(text: string | undefined, name: string): boolean {
  return text?.toLowerCase() === name;
}
