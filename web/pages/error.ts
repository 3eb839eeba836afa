import { html } from 'hono/html';
import type { ErrorCode } from '#domain/errors.ts';
import { errorEntry } from '#domain/errors.ts';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

/** What a person sees instead of problem details. */
export function errorPage(code: ErrorCode, shell: Shell, more?: string): Fragment {
  const { title, remedy } = errorEntry(code);
  return layout({
    page: 'error',
    title: `${title} · Tocsin`,
    script: 'plain.js',
    main: html`<h1>${title}</h1>${more === undefined ? '' : html`<p>${more}</p>`}<p>${remedy}</p><p><a class="button" href="/">To the board</a></p>`,
    ...shell,
  });
}
