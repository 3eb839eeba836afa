import { createHash } from 'node:crypto';
import type { ProviderContext } from '#simulator/entra/provider.ts';

/** Text that is safe inside HTML. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

/** Builds markup; what is put in is escaped unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const written = parts.map((part) => {
    if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
    return 'markup' in part ? part.markup : part.map((each) => each.markup).join('');
  });
  return { markup: strings.reduce((text, next, index) => text + (written[index - 1] ?? '') + next) };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

// Colours meet WCAG 2.2 AA in both modes: text on its ground 7:1 and more, controls 3:1.
const style = `
:root { color-scheme: light dark; --text: #1b1b1b; --ground: #f4f5f7; --card: #fff; --line: #767676; --accent: #0a5aa8; --on-accent: #fff; --bad: #9c1c1c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f2f2f2; --ground: #16181c; --card: #22252b; --line: #9a9ea6; --accent: #8ec5ff; --on-accent: #10243a; --bad: #ff9d9d; }
}
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); }
main { max-width: 30rem; margin: 8vh auto; padding: 1.5rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
h1 { font-size: 1.4rem; margin: 0.2rem 0 1rem; }
.mark { margin: 0; font-weight: 600; }
fieldset { border: 1px solid var(--line); border-radius: 0.4rem; margin: 1rem 0; }
label { display: block; padding: 0.3rem 0; }
input[type="text"] { font: inherit; font-size: 1.2rem; letter-spacing: 0.1em; width: 100%; box-sizing: border-box; padding: 0.5rem; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 0.3rem; }
button { font: inherit; min-height: 2.75rem; padding: 0.4rem 1.2rem; border-radius: 0.3rem; border: 1px solid var(--accent); background: var(--card); color: var(--accent); cursor: pointer; }
button.first { background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; gap: 0.8rem; flex-wrap: wrap; margin-top: 1rem; }
.problem { color: var(--bad); font-weight: 600; }
li { overflow-wrap: anywhere; }
`;
const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Answers with a whole page: no script, nothing from elsewhere, in no frame.
 * @param formTargets origins that a form's answer may redirect to, besides this one
 */
export function answerPage(
  ctx: ProviderContext,
  page: {
    readonly title: string;
    readonly status?: number;
    readonly content: Markup;
    readonly formTargets?: readonly string[];
  },
): void {
  const targets = ["'self'", ...(page.formTargets ?? [])].join(' ');
  ctx.status = page.status ?? 200;
  ctx.set({
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${targets}; base-uri 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(page.title)}</title><style>${style}</style></head>
<body><main><p class="mark">Simulated Microsoft Entra ID</p>
<h1>${escaped(page.title)}</h1>
${page.content.markup}
</main></body>
</html>
`;
}

/** A page that only says something. */
export function answerMessage(ctx: ProviderContext, title: string, text: string, status = 200): void {
  answerPage(ctx, {
    title,
    status,
    content: html`<p${status >= 400 ? html` class="problem" role="alert"` : html``}>${text}</p>`,
  });
}

/** Whether a form was sent by a page of this origin, as far as the browser says (Fetch Metadata, RFC 6454). */
export function isFromHere(ctx: ProviderContext, origin: string): boolean {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') return site === 'same-origin' || site === 'none';
  const from = ctx.get('origin');
  return from === '' || from === origin;
}
