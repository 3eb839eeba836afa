import { ruleOf } from '#domain/access/routes.ts';

/** Longest that is kept over a sign-in. */
const longest = 1_000;
const nowhere = 'https://desk.invalid';

/** Where to go after a sign-in: a page of the desk, whatever was asked for; never another site (CWE-601). */
export function returnPath(asked: string | undefined): string {
  if (asked === undefined || asked.length > longest || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked)) return '/';
  const url = URL.parse(asked, nowhere);
  if (url === null || url.origin !== nowhere || asked.includes('\\') || url.pathname.startsWith('//')) return '/';
  if (url.pathname.startsWith('/api/')) return '/';
  const rule = ruleOf('GET', url.pathname);
  return rule.known && !rule.needs.includes('everybody') ? `${url.pathname}${url.search}` : '/';
}
