import type { Permission } from '#domain/access/roles.ts';
import { byId, el } from './dom.ts';
import { forGood } from './storage.ts';

/** Who is signed in at this browser, as the page was made; absent at a desk without sign-in. */
export interface SignedIn {
  readonly name: string;
  readonly roles: string;
}

const { dataset } = document.documentElement;

export function signedIn(): SignedIn | undefined {
  const { person, roles } = dataset;
  return person === undefined ? undefined : { name: person, roles: roles ?? '' };
}

/** What is worth offering; the server decides. Without sign-in everything is. */
export function may(permission: Permission): boolean {
  return dataset['may'] === undefined || dataset['may'].split(' ').includes(permission);
}

interface SessionAnswer {
  readonly name: string;
  readonly endsAt?: string;
  readonly at: string;
}

/** Milliseconds between two looks at the session; each says that it is in use. */
const lookMs = 120_000;
/** Milliseconds before its end when the page begins to say so. */
const warnMs = 900_000;

/**
 * Keeps the session in use while the page is live, says in time that it ends, and when it has ended keeps the page as it is until somebody has signed in
 * again in another tab.
 * @param live whether the page hears from Tocsin: only then it is in use
 */
export function keepSession(live: () => boolean): void {
  const own = signedIn();
  if (own === undefined) return;
  let asking = false;

  async function look() {
    if (asking) return;
    asking = true;
    try {
      const response = await fetch('/api/session', { signal: AbortSignal.timeout(10_000) });
      if (response.status === 401) return say('Your session has ended. What is shown here may be old.');
      if (!response.ok) return;
      const { name, endsAt, at } = (await response.json()) as SessionAnswer;
      // Somebody else signed in at this browser: this page was made for the one before.
      if (name !== own?.name) return location.reload();
      const left = endsAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(endsAt) - Date.parse(at);
      if (left > warnMs) return hide();
      say(`Your session ends in ${Math.max(1, Math.round(left / 60_000))} min.`);
    } catch {
      // The page says by itself that it does not hear from Tocsin.
    } finally {
      asking = false;
    }
  }
  addEventListener('tocsin-signed-out', () => void look());
  addEventListener('focus', () => {
    if (!byId('signed-out').hidden) void look();
  });
  let lookedAt = performance.now();
  setInterval(() => {
    const shown = !byId('signed-out').hidden;
    if (performance.now() - lookedAt < (shown ? 2_000 : lookMs)) return;
    if (!shown && !live()) return;
    lookedAt = performance.now();
    void look();
  }, 1000);
  void look();
}

function say(text: string) {
  const banner = byId('signed-out');
  if (banner.dataset['text'] === text) return;
  banner.dataset['text'] = text;
  banner.hidden = false;
  banner.replaceChildren(
    el('strong', { text }),
    ' ',
    el('a', { text: 'Sign in again', attributes: { href: '/sign-in?to=/signed-in-again', target: '_blank' } }),
  );
}

function hide() {
  byId('signed-out').hidden = true;
  delete byId('signed-out').dataset['text'];
}

/** Ends the session here and at the identity provider. */
export async function signOut(): Promise<void> {
  const answer = await fetch('/api/sign-out', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Tocsin-Request': '1' },
    body: '{}',
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error('not signed out');
  forGood.remove('tocsin.name');
  const { next } = (await answer.json()) as { next: string };
  location.assign(next);
}
