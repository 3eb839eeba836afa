/**
 * True for a host that only this machine can reach: `localhost`, 127.0.0.0/8 (RFC 1122 section 3.2.1.3) and `::1` (RFC 4291 section 2.5.3), with or
 * without brackets. A desk without sign-in listens on nothing else.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  const parts = name.split('.');
  return (
    parts.length === 4 && parts[0] === '127' && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
  );
}

/** What a `Host` header may say for a desk bound there: the bound name, and the usual names of this machine, with that port. */
export function allowedHosts(host: string, port: number): readonly string[] {
  const bound = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const names = [...new Set([bound.toLowerCase(), 'localhost', '127.0.0.1', '[::1]'])];
  return names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
}
