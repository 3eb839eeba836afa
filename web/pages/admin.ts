import { html } from 'hono/html';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { layout } from '#web/pages/layout.ts';

/** One row per thing that can fail, trouble first. */
export function adminPage(shell: Shell): Fragment {
  const main = html`<h1>Does it work?</h1>
<p class="verdict" id="verdict" role="status">Asking…</p>
<table class="health">
<thead><tr><th scope="col">State</th><th scope="col">What</th><th scope="col">Last proof</th><th scope="col">Expires</th><th scope="col">Next step</th></tr></thead>
<tbody id="health-rows"></tbody>
</table>
<section class="permissions" id="permissions" hidden>
<h2>What Tocsin may do at Microsoft</h2>
<p>It asks for these permissions and no others.</p>
<table class="health">
<thead><tr><th scope="col">Permission</th><th scope="col">Granted</th><th scope="col">What for</th></tr></thead>
<tbody id="permission-rows"></tbody>
</table>
</section>`;
  return layout({
    page: 'admin',
    title: 'Admin · Tocsin',
    script: 'admin.js',
    main,
    ...shell,
  });
}
