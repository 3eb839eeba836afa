import { html } from 'hono/html';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

function column(id: string, word: string): Fragment {
  return html`<section class="column" id="${id}" aria-labelledby="${id}-word">
<h2 id="${id}-word"><span class="word">${word}</span> <span class="count">0</span></h2>
<ul class="cards"></ul>
</section>`;
}

/** The emergency board; `wall` is for a screen across the room, without anything to press. */
export function boardPage(shell: Shell, view: 'wall' | undefined): Fragment {
  const main = html`<div class="list" id="list">
<p class="search" id="search" hidden><label for="search-text">Search</label> <input id="search-text" type="search" autocomplete="off" spellcheck="false"></p>
${column('unacknowledged', 'Unacknowledged')}
${column('acknowledged', 'Acknowledged')}
${column('tests', 'Tests and drills')}
${column('today', 'Today')}
</div>
<article class="detail" id="detail" aria-label="Selected call" tabindex="-1"></article>`;
  return layout({
    page: 'board',
    title: 'Tocsin',
    script: 'board.js',
    main,
    ...shell,
    ...(view === undefined ? {} : { view }),
  });
}

/** One emergency with its whole story. */
export function emergencyPage(shell: Shell): Fragment {
  return layout({
    page: 'emergency',
    title: 'Emergency · Tocsin',
    script: 'emergency.js',
    main: html`<article class="detail" id="detail" aria-label="Emergency"></article>`,
    ...shell,
  });
}
