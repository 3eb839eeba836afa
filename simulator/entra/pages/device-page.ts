import { assertNever } from '#kernel/assert-never.ts';
import type { ApproveResult, DeviceCodes, PendingCode } from '#simulator/entra/device-codes.ts';
import { readForm } from '#simulator/entra/oauth-endpoints.ts';
import { answerMessage, answerPage, html, isFromHere, type Markup } from '#simulator/entra/pages/html.ts';
import { userChoice } from '#simulator/entra/pages/users.ts';
import type { ProviderContext } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import { refusalText } from '#simulator/entra/refusals.ts';

/** The verification page: a person types the code, sees what asks for what, and approves or declines. */
export async function answerDevicePage(ctx: ProviderContext, realm: Realm, codes: DeviceCodes): Promise<void> {
  const askForCode = (problem: Markup, status = 200) =>
    answerPage(ctx, {
      title: 'Enter the code',
      status,
      content: html`${problem}<form method="post"><label for="code">Code shown by the application</label>
<input type="text" id="code" name="code" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20">
<div class="buttons"><button class="first">Next</button></div></form>`,
    });

  if (ctx.method !== 'POST') return askForCode(html``);
  if (!isFromHere(ctx, realm.origin))
    return answerMessage(ctx, 'Not accepted', 'This form was sent by another site.', 403);
  const form = (await readForm(ctx)) ?? {};
  const typed = form['code'] ?? '';
  const code = await codes.find(typed);
  if ('ok' in code) return askForCode(html`<p class="problem" role="alert">${problems(code.reason)}</p>`, 400);

  switch (form['answer']) {
    case 'approve':
    case 'decline': {
      const deny = form['answer'] === 'decline';
      const result = await codes.answer(typed, { deny, ...(form['user'] === undefined ? {} : { as: form['user'] }) });
      if (!result.ok) return askForCode(html`<p class="problem" role="alert">${problems(result.reason)}</p>`, 400);
      if (deny)
        return answerMessage(
          ctx,
          'Declined',
          `You declined to sign in to ${code.clientName}. You may close this page.`,
        );
      if (!realm.faults.on('conditional-access-blocks-device-code'))
        return answerMessage(
          ctx,
          'Signed in',
          `You signed in to ${code.clientName} on your device. You may close this page.`,
        );
      return answerMessage(ctx, 'You cannot access this right now', refusalText(53003), 403);
    }
    default:
      return answerPage(ctx, { title: `Sign in to ${code.clientName}?`, content: question(code, realm) });
  }
}

function question(code: PendingCode, realm: Realm): Markup {
  return html`<p>${code.clientName} asks for these permissions. Go on only when you started the sign-in yourself.</p>
<ul>${code.scopes.map((scope) => html`<li>${scope}</li>`)}</ul>
<form method="post"><input type="hidden" name="code" value="${code.userCode}">
${userChoice(realm.tenant.users, realm.tenant.serviceUser)}
<div class="buttons"><button class="first" name="answer" value="approve">Approve</button>
<button name="answer" value="decline">Decline</button></div></form>`;
}

function problems(reason: Extract<ApproveResult, { ok: false }>['reason']): string {
  switch (reason) {
    case 'unknown-code':
      return 'There is no such code. Check what the application shows.';
    case 'expired':
      return 'The code has run out. Let the application show a new one.';
    case 'already-answered':
      return 'The code was used already.';
    case 'unknown-user':
      return 'There is no such user in the tenant.';
    default:
      return assertNever(reason);
  }
}
