import { button, el } from './dom.ts';
import { type SignedIn, signedIn, signOut } from './session.ts';
import { forGood } from './storage.ts';

/** Opens a dialog and resolves with what its content hands over, undefined when it is closed without. */
export function ask<T>(title: string, build: (done: (value: T) => void) => readonly Node[]): Promise<T | undefined> {
  return new Promise((resolve) => {
    let value: T | undefined;
    const dialog = el('dialog', { attributes: { 'aria-labelledby': 'dialog-title' } });
    const done = (given: T) => {
      value = given;
      dialog.close();
    };
    dialog.append(el('h2', { text: title, attributes: { id: 'dialog-title' } }), ...build(done));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(value);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** True while a dialog is open: keys belong to it then. */
export function dialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

const nameKey = 'tocsin.name';

export function knownName(): string | undefined {
  return signedIn()?.name ?? forGood.get(nameKey);
}

/** Who is signed in here, and the way out. */
export async function showSignedIn({ name, roles }: SignedIn): Promise<void> {
  await ask<never>(name, () => {
    const problem = el('p', { class: 'hint', text: '', attributes: { role: 'status' } });
    const out = button(
      'Sign out',
      () => {
        out.disabled = true;
        signOut().catch(() => {
          out.disabled = false;
          problem.textContent = 'That did not work: Tocsin does not answer. You are still signed in.';
        });
      },
      { class: 'primary' },
    );
    return [
      el('p', { text: `You are signed in as ${roles}. What you do here is recorded as done by you.` }),
      problem,
      el(
        'p',
        { class: 'buttons' },
        out,
        button('Close', (event) => (event.currentTarget as HTMLElement).closest('dialog')?.close()),
      ),
    ];
  });
}

/** Who acts at this desk; asked once and kept in this browser. */
export function askName(): Promise<string | undefined> {
  return ask<string>('Who are you?', (done) => {
    const input = el('input', {
      attributes: { name: 'by', required: '', maxlength: '120', autocomplete: 'name', value: knownName() },
    });
    const form = el(
      'form',
      { attributes: { method: 'dialog' } },
      el('label', {}, 'Your name, as others shall see it', input),
      el(
        'p',
        { class: 'buttons' },
        el('button', { class: 'primary', text: 'This is me', attributes: { type: 'submit' } }),
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (name === '') return;
      forGood.set(nameKey, name);
      done(name);
    });
    return [form];
  });
}

export interface Resolution {
  readonly disposition: string;
  readonly note?: string;
}

export function askResolution(what: string): Promise<Resolution | undefined> {
  return ask<Resolution>('Resolve this call', (done) => {
    const note = el('textarea', { attributes: { name: 'note', rows: '3', maxlength: '4000' } });
    const choices = [
      ['real', 'Real emergency, dealt with'],
      ['test', 'Test call'],
      ['misdial', 'Misdial: nobody needed help'],
      ['false-alarm', 'False alarm'],
    ].map(([value, word], index) =>
      el(
        'label',
        { class: 'choice' },
        el('input', {
          attributes: {
            type: 'radio',
            name: 'disposition',
            value,
            required: '',
            autofocus: index === 0 ? '' : undefined,
          },
        }),
        el('span', { text: word ?? '' }),
      ),
    );
    const form = el(
      'form',
      {},
      el('p', { class: 'what', text: what }),
      el('fieldset', {}, el('legend', { text: 'What was it?' }), ...choices),
      el('label', {}, 'Note (for whoever reads this later)', note),
      el(
        'p',
        { class: 'buttons' },
        el('button', { class: 'primary', text: 'Resolve', attributes: { type: 'submit' } }),
        button('Not yet', () => form.closest('dialog')?.close()),
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const disposition = String(new FormData(form).get('disposition') ?? '');
      const text = note.value.trim();
      done(text === '' ? { disposition } : { disposition, note: text });
    });
    return [form];
  });
}

/** Whether the tone that was just played could be heard. */
export async function askHeard(): Promise<boolean> {
  const heard = await ask<boolean>('Did you hear it?', (done) => [
    el('p', { text: 'Three short two-tone bursts: this is how a call sounds until somebody takes it.' }),
    el(
      'p',
      { class: 'buttons' },
      button('Yes, I heard it', () => done(true), { class: 'primary' }),
      button('No', () => done(false)),
    ),
  ]);
  return heard === true;
}

/** Whether something that cannot be undone at once is really meant. */
export async function askSure(title: string, what: string): Promise<boolean> {
  const sure = await ask<boolean>(title, (done) => [
    el('p', { text: what }),
    el(
      'p',
      { class: 'buttons' },
      button('Yes', () => done(true), { class: 'primary' }),
      button('No', () => done(false)),
    ),
  ]);
  return sure === true;
}

const keys = [
  ['A', 'Acknowledge the selected call'],
  ['R', 'Resolve it'],
  ['J K ↓ ↑', 'Next or previous call'],
  ['Enter', 'Open its page'],
  ['C', 'Copy the text to read out'],
  ['M', 'Mute this desk for 60 s (does not acknowledge)'],
  ['/', 'Search'],
  ['?', 'This help'],
] as const;

export async function showHelp(): Promise<void> {
  await ask<never>('Keys', () => [
    el(
      'dl',
      { class: 'keys' },
      ...keys.flatMap(([key, does]) => [el('dt', {}, el('kbd', { text: key })), el('dd', { text: does })]),
    ),
    el(
      'p',
      { class: 'buttons' },
      button('Close', (event) => (event.currentTarget as HTMLElement).closest('dialog')?.close(), { class: 'primary' }),
    ),
  ]);
}
