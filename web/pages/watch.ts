import { html } from 'hono/html';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

const ranges = [
  [1, '1 hour'],
  [24, '1 day'],
  [168, '7 days'],
  [744, '31 days'],
] as const;

/** When each feed was provably watched: a bar for each, and the gaps with their cause. */
export function watchPage(shell: Shell): Fragment {
  const main = html`<h1>When was it watched?</h1>
<p class="verdict" id="verdict" role="status">Asking…</p>
<div class="ranges" role="group" aria-label="Time shown">
${ranges.map(([hours, word]) => html`<button type="button" data-hours="${hours}" aria-pressed="${String(hours === 24)}">${word}</button>`)}
</div>
<div id="bars"></div>
<h2>Gaps</h2>
<table class="health">
<thead><tr><th scope="col">Feed</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">How long</th><th scope="col">Why</th></tr></thead>
<tbody id="gaps"></tbody>
</table>
<p class="hint">For a report: <code>npx tocsin watch report --from … --to …</code>. Each line is an event of <a href="/audit?stream=watch-chat">watch-chat</a> or <a href="/audit?stream=watch-events">watch-events</a>.</p>`;
  return layout({
    page: 'watch',
    title: 'Watch · Tocsin',
    script: 'watch.js',
    main,
    ...shell,
  });
}
