const prime = 0x0000000001000000000000000000013bn;
const basis = 0x6c62272e07bb014262b821756295c58dn;
const mask = (1n << 128n) - 1n;

/** FNV-1a with 128 bits over UTF-8 (draft-eastlake-fnv). It spreads names; it protects nothing. */
function fnv128(text: string): bigint {
  let hash = basis;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * prime) & mask;
  return hash;
}

const joined = (parts: readonly string[]): string => parts.map((part) => `${part.length}:${part}`).join('');

/** Eight characters of `a-z0-9`, the same for the same parts for ever: what makes a global name ours. */
export function suffixOf(...parts: readonly string[]): string {
  // The high half is folded into the low one: FNV's low bits alone hardly depend on where a byte stood.
  const hash = fnv128(joined(parts));
  const folded = (hash >> 64n) ^ (hash & ((1n << 64n) - 1n));
  return (folded % 36n ** 8n).toString(36).padStart(8, '0');
}

/**
 * A UUID of version 8 (RFC 9562 section 5.8), the same for the same parts for ever. Role assignments carry one as their name: a creation that is
 * sent twice, because the first answer was lost, then creates one.
 */
export function uuidOf(...parts: readonly string[]): string {
  const hex = fnv128(joined(parts)).toString(16).padStart(32, '0');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, variant + hex.slice(17, 20), hex.slice(20)].join(
    '-',
  );
}
