import { html } from 'hono/html';
import type { Permission } from '#domain/access/roles.ts';
import type { Viewer } from '#web/sign-in/desk-sign-in.ts';

/** Any fragment of a page; what is put into it was escaped by `html`. */
export type Fragment = ReturnType<typeof html>;

/** What a page is told besides its own: never data of calls. */
export interface Shell {
  /** The organisation's name, beside the word mark. */
  readonly organisation?: string | undefined;
  /** Who is signed in; absent at a desk without sign-in, where everybody may do everything. */
  readonly viewer?: Viewer | undefined;
}

export interface LayoutOptions extends Shell {
  readonly page: 'board' | 'emergency' | 'audit' | 'watch' | 'admin' | 'error';
  readonly title: string;
  /** Name of the script under /assets/; absent for pages that need none. */
  readonly script?: string;
  readonly view?: 'wall';
  readonly main: Fragment;
}

/** Style sheets of a page beside those that all have. */
const styles: Readonly<Record<LayoutOptions['page'], readonly string[]>> = {
  board: ['board', 'cards', 'detail', 'phone'],
  emergency: ['board', 'detail', 'phone'],
  audit: ['audit'],
  watch: ['admin', 'watch'],
  admin: ['admin'],
  error: ['error'],
};

const bell = html`<svg class="bell" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2.5a1.4 1.4 0 0 1 1.4 1.4v.6c3 .6 5 3.2 5 6.3v4.4l1.9 2.6c.3.5 0 1.2-.6 1.2H4.300c-.6 0-.9-.7-.6-1.200l1.900-2.600v-4.400c0-3.100 2-5.700 5-6.300v-.6A1.400 1.400 0 0 1 12 2.500zM9.400 20.500h5.200a2.600 2.600 0 0 1-5.200 0z"/></svg>`;

function tab(page: LayoutOptions['page'], of: LayoutOptions['page'], href: string, word: string): Fragment {
  return page === of ? html`<a href="${href}" aria-current="page">${word}</a>` : html`<a href="${href}">${word}</a>`;
}

const pages = [
  ['board', '/', 'Board', 'calls.see'],
  ['audit', '/audit', 'Audit', 'record.read'],
  ['watch', '/watch', 'Watch', 'health.see'],
  ['admin', '/admin', 'Admin', 'health.see'],
] as const satisfies readonly (readonly [LayoutOptions['page'], string, string, Permission])[];

function tabs(page: LayoutOptions['page'], viewer: Viewer | undefined): Fragment {
  const offered = pages.filter(([, , , permission]) => viewer === undefined || viewer.may.has(permission));
  return html`${offered.map(([of, href, word]) => tab(page, of, href, word))}`;
}

/** Who is signed in and what the browser may offer; what is asked for is checked by the server whatever is offered. */
function signedIn(viewer: Viewer | undefined): Fragment {
  if (viewer === undefined) return html``;
  const { person, roles, may } = viewer;
  return html` data-person="${person.name}" data-roles="${roles.join(', ')}" data-may="${[...may].join(' ')}"`;
}

/**
 * The shell of every page: strip, banners, the live regions (they exist before anything is put into them, as WAI-ARIA's alert pattern demands), main part.
 * Holds no data: the browser fetches that and inserts it as text.
 */
export function layout(options: LayoutOptions): Fragment {
  const { page, title, organisation, viewer, script, view, main } = options;
  return html`<!doctype html>
<html lang="en" data-page="${page}" data-view="${view ?? 'desk'}" data-live="starting" data-sound="off"${signedIn(viewer)}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml" id="icon">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/strip.css">
${styles[page].map((name) => html`<link rel="stylesheet" href="/assets/${name}.css">`)}
${script === undefined ? '' : html`<script type="module" src="/assets/${script}"></script>`}
</head>
<body>
<a class="skip" href="#main">To the main part</a>
<header class="strip">
<a class="brand" href="/" aria-label="Tocsin, to the board">${bell}<b>TOCSIN</b></a>
${organisation === undefined ? '' : html`<span class="organisation">${organisation}</span>`}
<div class="listening" id="listening" data-state="starting"><span class="light" aria-hidden="true"></span><span class="word" role="status">Starting</span><span class="proofs"></span></div>
<nav aria-label="Pages">${tabs(page, viewer)}</nav>
<div class="sound" id="sound"></div>
<time class="clock" id="clock"></time>
<button class="person" id="person" type="button" hidden></button>
</header>
<p class="banner blind" id="blind" hidden></p>
<p class="banner notlive" id="notlive" hidden></p>
<p class="banner signed-out" id="signed-out" role="status" hidden></p>
<div class="only-heard" role="alert" id="announce"></div>
<main id="main" tabindex="-1">${main}</main>
<footer class="pages"><nav aria-label="Pages, at the foot">${tabs(page, viewer)}</nav></footer>
<div class="toasts" id="toasts" role="status"></div>
<noscript><p class="banner blind">This page needs JavaScript: without it no call is shown.</p></noscript>
</body>
</html>
`;
}
