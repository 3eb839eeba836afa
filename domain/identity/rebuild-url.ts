/**
 * A URL out of a payload (`@odata.nextLink`, `@odata.id`), rebuilt against a fixed base: its path and query stay, its scheme, host, port, user and
 * fragment are the base's, whatever it said. So no answer can lead a token anywhere else.
 * @param base absolute, with the path that everything must stay below: `https://graph.microsoft.com/v1.0`
 * @param url absolute, or relative to the base (`chats/1/messages`)
 * @returns undefined for what is no URL, or leads out of the base's path
 */
export function rebuild(base: string, url: string): string | undefined {
  // Browsers' URL rules drop tabs and line breaks and turn backslashes round: nothing that Graph sends holds any.
  if (url === '' || url.length > maximumLength || /[\s\\]|\p{Cc}/u.test(url)) return undefined;
  const root = new URL(base);
  const folder = root.pathname.endsWith('/') ? root.pathname : `${root.pathname}/`;
  const parsed = URL.parse(url, new URL(folder, root).href);
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return undefined;
  // Dots are resolved by now; those that a server might resolve after decoding slashes are not let through.
  if (!parsed.pathname.startsWith(folder) || climbs(parsed.pathname)) return undefined;
  return `${root.origin}${parsed.pathname}${parsed.search}`;
}

/** Next links of delta queries carry state of a few thousand characters. */
const maximumLength = 16_384;

function climbs(path: string): boolean {
  try {
    const decoded = decodeURIComponent(path);
    return /[\\\p{Cc}]/u.test(decoded) || decoded.split('/').some((segment) => segment === '.' || segment === '..');
  } catch {
    return true;
  }
}
