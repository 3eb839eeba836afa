import { html } from 'hono/html';

/** Any fragment of a page; what is put into it was escaped by `html`. */
export type Fragment = ReturnType<typeof html>;

export interface LayoutOptions {
  readonly page: 'board' | 'emergency' | 'audit' | 'watch' | 'admin' | 'error';
  readonly title: string;
  /** The organisation's name, beside the word mark. */
  readonly organisation?: string;
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

function tabs(page: LayoutOptions['page']): Fragment {
  return html`${tab(page, 'board', '/', 'Board')}${tab(page, 'audit', '/audit', 'Audit')}${tab(page, 'watch', '/watch', 'Watch')}${tab(page, 'admin', '/admin', 'Admin')}`;
}

/**
 * The shell of every page: strip, banners, the live regions (they exist before anything is put into them, as WAI-ARIA's alert pattern demands), main part.
 * Holds no data: the browser fetches that and inserts it as text.
 */
export function layout(options: LayoutOptions): Fragment {
  const { page, title, organisation, script, view, main } = options;
  return html`<!doctype html>
<html lang="en" data-page="${page}" data-view="${view ?? 'desk'}" data-live="starting" data-sound="off">
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
<nav aria-label="Pages">${tabs(page)}</nav>
<div class="sound" id="sound"></div>
<time class="clock" id="clock"></time>
<button class="person" id="person" type="button" hidden></button>
</header>
<p class="banner blind" id="blind" hidden></p>
<p class="banner notlive" id="notlive" hidden></p>
<div class="only-heard" role="alert" id="announce"></div>
<main id="main" tabindex="-1">${main}</main>
<footer class="pages"><nav aria-label="Pages, at the foot">${tabs(page)}</nav></footer>
<div class="toasts" id="toasts" role="status"></div>
<noscript><p class="banner blind">This page needs JavaScript: without it no call is shown.</p></noscript>
</body>
</html>
`;
}
