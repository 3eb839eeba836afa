import { html } from 'hono/html';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

/** The stored record: filters, rows, one record. */
export function auditPage(shell: Shell): Fragment {
  // Without a name, so that no browser ever puts it into an address.
  const seeker =
    shell.viewer?.may.has('persons.search') === false
      ? ''
      : html`<label>Caller<input id="caller" spellcheck="false" maxlength="256" placeholder="name, UPN, number or id"></label>
`;
  const main = html`<form class="filters" id="filters" aria-label="Filters" autocomplete="off">
<h1>Audit</h1>
<p class="total" id="total" role="status"></p>
<label>From<input name="since" type="datetime-local" step="1"></label>
<label>Until<input name="until" type="datetime-local" step="1"></label>
<label>Emergency<input name="emergency" spellcheck="false" placeholder="its id"></label>
${seeker}<label>Feed<select name="feed"><option value="">any</option><option value="chat">chat</option><option value="events">events</option></select></label>
<fieldset><legend>Type</legend><ul class="facet" id="types"></ul></fieldset>
<fieldset><legend>Stream</legend><ul class="facet" id="streams"></ul></fieldset>
<button type="reset">Clear filters</button>
</form>
<section class="rows" id="rows" aria-label="Records, newest first" tabindex="0"><ol id="row-list"></ol><p class="hint" id="rows-hint"></p></section>
<article class="record" id="record" aria-label="Record" tabindex="-1"><p class="hint">Choose a record to see it as it is stored.</p></article>`;
  return layout({
    page: 'audit',
    title: 'Audit · Tocsin',
    script: 'audit.js',
    main,
    ...shell,
  });
}
