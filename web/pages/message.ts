import { html } from 'hono/html';
import type { ErrorCode } from '#domain/errors.ts';
import { errorEntry } from '#domain/errors.ts';
import type { Fragment } from '#web/pages/layout.ts';

export interface MessageOptions {
  readonly organisation?: string | undefined;
  /** Further sentences, below what is always said. */
  readonly more?: readonly string[];
  /** Links to go on with: address and word. */
  readonly links?: readonly (readonly [string, string])[];
}

/** What somebody is told who is not signed in. */
export function messagePage(code: ErrorCode, options: MessageOptions): Fragment {
  const { title, remedy } = errorEntry(code);
  return plainPage(title, { ...options, more: [remedy, ...(options.more ?? [])] });
}

/** A page for everybody: nothing of the desk is on it, no script runs, and it opens no live stream. */
export function plainPage(title: string, { organisation, more = [], links = [] }: MessageOptions): Fragment {
  return html`<!doctype html>
<html lang="en" data-page="message">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title} · Tocsin</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/error.css">
</head>
<body>
<main id="main">
<p><b>TOCSIN</b>${organisation === undefined ? '' : html` <span>${organisation}</span>`}</p>
<h1>${title}</h1>
${more.map((sentence) => html`<p>${sentence}</p>`)}
${links.length === 0 ? '' : html`<p>${links.map(([href, word]) => html`<a class="button" href="${href}">${word}</a> `)}</p>`}
</main>
</body>
</html>
`;
}
