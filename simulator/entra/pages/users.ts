import type { EntraUser } from '#simulator/entra/options.ts';
import { html, type Markup } from '#simulator/entra/pages/html.ts';

/** One of the tenant's users to choose. */
export function userChoice(users: readonly EntraUser[], chosen: string): Markup {
  return html`<fieldset><legend>Sign in as</legend>
${users.map(
  (user) =>
    html`<label><input type="radio" name="user" value="${user.upn}" required${user.upn === chosen ? html` checked` : html``}> ${user.name} (${user.upn})</label>\n`,
)}</fieldset>`;
}
