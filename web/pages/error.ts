import { html } from 'hono/html';
import type { ErrorCode } from '#domain/errors.ts';
import { errorEntry } from '#domain/errors.ts';
import type { Fragment } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

/** What a person sees instead of problem details. */
export function errorPage(code: ErrorCode, organisation: string | undefined): Fragment {
  const { title, remedy } = errorEntry(code);
  return layout({
    page: 'error',
    title: `${title} · Tocsin`,
    script: 'plain.js',
    main: html`<h1>${title}</h1><p>${remedy}</p><p><a class="button" href="/">To the board</a></p>`,
    ...(organisation === undefined ? {} : { organisation }),
  });
}
