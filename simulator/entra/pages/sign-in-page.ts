import type { Provider } from 'oidc-provider';
import { readForm } from '#simulator/entra/oauth-endpoints.ts';
import { answerMessage, answerPage, html, isFromHere } from '#simulator/entra/pages/html.ts';
import { userChoice } from '#simulator/entra/pages/users.ts';
import type { ProviderContext } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import { refusalText } from '#simulator/entra/refusals.ts';

/** The sign-in page of the authorization code flow: a person chooses who to be. */
export async function answerSignInPage(ctx: ProviderContext, realm: Realm, provider: Provider): Promise<void> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined);
  if (interaction === undefined)
    return answerMessage(
      ctx,
      'Not signed in',
      'This sign-in has run out or belongs to another browser. Start again.',
      400,
    );
  const client = realm.client(interaction.params['client_id']);
  if (client === undefined) return answerMessage(ctx, 'Not signed in', refusalText(700016), 400);
  const ask = (problem: string) =>
    answerPage(ctx, {
      title: `Sign in to ${client.name}`,
      status: problem === '' ? 200 : 403,
      // Browsers hold redirects that answer a form to the same rule.
      formTargets: [formTarget(String(interaction.params['redirect_uri']))],
      content: html`${problem === '' ? html`` : html`<p class="problem" role="alert">${problem}</p>`}<form method="post">
${userChoice(realm.tenant.users, String(interaction.params['login_hint'] ?? ''))}
<div class="buttons"><button class="first" name="answer" value="sign-in">Sign in</button>
<button name="answer" value="cancel" formnovalidate>Cancel</button></div></form>`,
    });

  if (ctx.method !== 'POST') return ask('');
  if (!isFromHere(ctx, realm.origin))
    return answerMessage(ctx, 'Not accepted', 'This form was sent by another site.', 403);
  const form = (await readForm(ctx)) ?? {};
  const finish = async (result: Parameters<Provider['interactionResult']>[2]) => {
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }));
  };
  if (form['answer'] === 'cancel') {
    return await finish({ error: 'access_denied', error_description: refusalText(65004) });
  }
  const user = realm.user(form['user']);
  if (user === undefined) return ask('Choose a user.');
  const disabled = realm.faults.on('user-disabled') && user === realm.user(realm.tenant.serviceUser);
  if (disabled) return ask(refusalText(50057));
  // oidc-provider would first ask, with a script, whether to end the session of somebody else.
  const { session } = interaction;
  if (session?.uid !== undefined && session.accountId !== user.id) {
    await (await provider.Session.findByUid(session.uid))?.destroy();
    delete interaction.session;
    await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
  }
  return await finish({ login: { accountId: user.id, amr: ['pwd', 'mfa'] }, select_account: {}, consent: {} });
}

/** An origin, or the scheme where there is none (`msal…://auth`). */
function formTarget(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}
