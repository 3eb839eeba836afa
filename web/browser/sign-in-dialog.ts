import { ask } from './dialogs.ts';
import { button, el } from './dom.ts';

/**
 * What a person needs to sign the service user in. Resolves when it is closed, with `browser` where one by browser is to begin.
 * @param bring hands in the address at which a browser ended; resolves with what is wrong about it
 */
export function showSignIn(
  { userCode, verificationUri }: { readonly userCode?: string; readonly verificationUri: string },
  bring: (address: string) => Promise<string | undefined>,
): Promise<'browser' | undefined> {
  const byCode = userCode !== undefined;
  return ask<'browser'>('Sign the service user in', (done) => [
    el(
      'ol',
      { class: 'steps' },
      el(
        'li',
        {},
        'Open ',
        el('a', {
          // The whole of an address that holds a request is long and says nothing to a person; a link can be copied.
          text: byCode ? verificationUri : `the sign-in page of ${new URL(verificationUri).host}`,
          attributes: { href: verificationUri, target: '_blank', rel: 'noreferrer' },
        }),
      ),
      ...(userCode === undefined
        ? []
        : [el('li', {}, 'Enter this code', el('output', { class: 'code', text: userCode }))]),
      el('li', { text: 'Sign in as the service user, and come back: this closes by itself.' }),
    ),
    ...(byCode ? [] : [addressForm(bring)]),
    el(
      'p',
      { class: 'buttons' },
      button(byCode ? 'Codes are blocked: sign in by browser' : 'Begin again', () => done('browser')),
      button('Close', (event) => (event.currentTarget as HTMLElement).closest('dialog')?.close()),
    ),
  ]);
}

/** For a browser on another machine than Tocsin: it ends at a page that does not load, with everything in its address. */
function addressForm(bring: (address: string) => Promise<string | undefined>) {
  const input = el('input', {
    attributes: { name: 'address', required: '', autocomplete: 'off', spellcheck: 'false' },
  });
  const says = el('p', { class: 'hint', attributes: { role: 'status' } });
  const submit = el('button', { class: 'primary', text: 'Finish the sign-in', attributes: { type: 'submit' } });
  const form = el(
    'form',
    {},
    el('label', {}, 'Does it end at a page of localhost that does not load? Paste its whole address', input),
    says,
    el('p', { class: 'buttons' }, submit),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const address = input.value;
    submit.disabled = true;
    says.textContent = 'It is looked at…';
    void bring(address).then((wrong) => {
      submit.disabled = wrong === undefined;
      // It serves once, and is for nobody to read.
      if (wrong === undefined) input.value = '';
      says.textContent = wrong ?? 'Tocsin has it. This closes by itself.';
    });
  });
  return form;
}
