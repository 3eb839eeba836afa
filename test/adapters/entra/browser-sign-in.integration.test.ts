import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { delegatedScopes } from '#adapters/entra/scopes.ts';
import type { SignInResult } from '#ports/identity.ts';
import { createBrowser } from '#test/simulator/entra/raw.ts';
import { serviceUser } from '#test/simulator/entra/start-entra.ts';
import { createFakeSecrets } from '#test/workflows/fakes.ts';
import { createEntraPlace, type EntraPlace, never } from './place.ts';

describe('signing in by browser', () => {
  let place: EntraPlace;
  beforeEach(async () => {
    place = await createEntraPlace();
  });
  afterEach(() => place.discard());

  /** A person at a browser. @returns where the browser would go after Entra */
  const choose = async (url: string, answer: 'sign-in' | 'cancel'): Promise<string> => {
    const { origin } = new URL(url);
    const browser = createBrowser();
    const page = await browser.follow(await browser.open(url), origin);
    if (typeof page === 'string') return page;
    const form = { user: serviceUser.upn, answer };
    const next = await browser.follow(await browser.submit(page.url, form, { origin }), origin);
    if (typeof next !== 'string') throw new Error(`still at a page: ${await next.text()}`);
    return next;
  };
  const visit = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  };

  it('brings a grant that is renewed like any other, also where device codes are blocked', async () => {
    await place.entra.simulator.faults.start('conditional-access-blocks-device-code');
    const identity = place.identity();
    let shown = '';
    const signedIn = await identity.signInWithBrowser({
      signal: never(),
      open: async (url) => {
        const query = new URL(url).searchParams;
        expect(query.get('code_challenge_method')).toBe('S256');
        expect(query.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
        expect(query.get('scope')?.split(' ').sort()).toEqual([...delegatedScopes].sort());
        expect(query.get('state')?.length).toBeGreaterThan(40);
        ({ text: shown } = await visit(await choose(url, 'sign-in')));
      },
    });
    expect(signedIn).toMatchObject({ ok: true, signedIn: true, userId: serviceUser.id });
    expect(shown).toContain('You can close this window');
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
  });

  it('ends when the person declines', async () => {
    const result = await place.identity().signInWithBrowser({
      signal: never(),
      open: async (url) => void (await visit(await choose(url, 'cancel'))),
    });
    expect(result).toMatchObject({ ok: false, trouble: { kind: 'sign-in-again' } });
  });

  it('takes no notice of requests that do not belong to it', async () => {
    const result = await place.identity().signInWithBrowser({
      signal: never(),
      open: async (url) => {
        const back = new URL(await choose(url, 'sign-in'));
        const wrong = (change: (to: URL) => void) => {
          const to = new URL(back);
          change(to);
          return visit(to.href);
        };
        expect(await wrong((to) => to.searchParams.set('state', 'guessed'))).toMatchObject({ status: 400 });
        expect(await wrong((to) => to.searchParams.delete('state'))).toMatchObject({ status: 400 });
        expect(await wrong((to) => to.searchParams.delete('code'))).toMatchObject({ status: 400 });
        expect(await wrong((to) => Object.assign(to, { pathname: '/favicon.ico' }))).toMatchObject({ status: 404 });
        expect(await wrong((to) => Object.assign(to, { hostname: '127.0.0.1' }))).toMatchObject({ status: 404 });
        const shown = await visit(back.href);
        expect(shown.text).not.toContain(back.searchParams.get('code'));
      },
    });
    expect(result).toMatchObject({ ok: true });
  });

  it('does not take a code of somebody else', async () => {
    const identity = place.identity();
    const result = await identity.signInWithBrowser({
      signal: never(),
      open: async (url) => {
        const back = new URL(await choose(url, 'sign-in'));
        back.searchParams.set('code', 'stolen-code');
        await visit(back.href);
      },
    });
    expect(result).toMatchObject({ ok: false, reason: 'identity' });
    expect(await identity.state()).toMatchObject({ signedIn: false });
  });

  it('is cancelled at once, and its address is gone then', async () => {
    const controller = new AbortController();
    let redirect = '';
    const result = await place.identity().signInWithBrowser({
      signal: controller.signal,
      open: (url) => {
        redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
        controller.abort();
      },
    });
    expect(result).toMatchObject({ ok: false, trouble: { code: 'cancelled' } });
    await expect(fetch(redirect)).rejects.toThrow();
  });

  it('ends when nobody comes back', async () => {
    // The fifteen minutes are over at once on this clock.
    const result = await place.identity().signInWithBrowser({ signal: never(), open: () => {} });
    expect(result).toMatchObject({ ok: false, trouble: { kind: 'sign-in-again', code: 'timed-out' } });
  });

  describe('at another machine, where the browser ends at nothing', () => {
    /** Begins one, and is away once the address is known: as a process that was killed. */
    const beginAndDie = async (name: string): Promise<string> => {
      const controller = new AbortController();
      let shown = '';
      const open = (url: string) => {
        shown = url;
        controller.abort();
      };
      await place.identity().signInWithBrowser({ signal: controller.signal, open, name });
      return shown;
    };

    it('is finished once, by the address that somebody brings to whichever process', async () => {
      const controller = new AbortController();
      const results: SignInResult[] = [];
      const waited = await place.identity().signInWithBrowser({
        signal: controller.signal,
        open: async (url) => {
          const back = await choose(url, 'sign-in');
          const other = place.identity();
          const wrong = back.replace(/state=[^&]+/, 'state=guessed');
          for (const address of [wrong, url, back.replace('http://', ''), back])
            results.push(await other.completeSignInWithBrowser(address));
          controller.abort();
        },
      });
      expect(results).toMatchObject([
        { ok: false, trouble: { code: 'browser-over' } },
        { ok: false, trouble: { code: 'browser-over' } },
        { ok: true, signedIn: true, userId: serviceUser.id },
        { ok: false, trouble: { code: 'browser-over' } },
      ]);
      expect(waited).toMatchObject({ ok: false, trouble: { code: 'cancelled' } });
      expect(await place.identity().token({ force: true })).toMatchObject({ ok: true });
    });

    it('goes on with the same address after its process died, for whoever opened it', async () => {
      const [first, again] = [await beginAndDie('run/1'), await beginAndDie('run/1')];
      expect(again).toBe(first);
      const back = await choose(first, 'sign-in');
      place.clock.move(60_000);
      // The browser may be on this machine after all: the port is the same.
      const shown: string[] = [];
      const finished = await place.identity().signInWithBrowser({
        signal: never(),
        name: 'run/1',
        open: async (_url, expiresAt) => {
          // It is shown with the end that it has.
          expect(expiresAt).toBeLessThanOrEqual(place.clock.now() + 14 * 60_000);
          shown.push((await visit(back)).text);
        },
      });
      expect(finished).toMatchObject({ ok: true, signedIn: true });
      expect(shown[0]).toContain('You can close this window');
      expect(await place.identity().completeSignInWithBrowser(back)).toMatchObject({
        trouble: { code: 'browser-over' },
      });
    });

    it('is over when another one is begun, or its time is', async () => {
      const back = await choose(await beginAndDie('run/1'), 'sign-in');
      const next = await beginAndDie('run/2');
      const over = { ok: false, trouble: { kind: 'sign-in-again', code: 'browser-over' } };
      expect(await place.identity().completeSignInWithBrowser(back)).toMatchObject(over);
      const late = await choose(next, 'sign-in');
      place.clock.move(15 * 60_000 + 1);
      expect(await place.identity().completeSignInWithBrowser(late)).toMatchObject(over);
      expect(await place.identity().state()).toMatchObject({ signedIn: false });
    });

    it('says what Entra ID said where the person declined', async () => {
      const back = await choose(await beginAndDie('run/1'), 'cancel');
      expect(await place.identity().completeSignInWithBrowser(back)).toMatchObject({
        ok: false,
        trouble: { kind: 'sign-in-again', what: 'The person declined the sign-in.' },
      });
    });

    it('does not begin where the key store is away, before anybody has signed in in vain', async () => {
      const secrets = createFakeSecrets();
      secrets.state.away = true;
      const opened: string[] = [];
      const open = (url: string) => void opened.push(url);
      const result = await place.identity({ secrets: secrets.secrets }).signInWithBrowser({ signal: never(), open });
      expect(result).toMatchObject({ ok: false, trouble: { kind: 'back-off', code: 'key-store' } });
      expect(opened).toEqual([]);
    });
  });

  it('gives the error of who was to open the browser back to who asked', async () => {
    const mistake = new Error('no browser');
    const asked = place.identity().signInWithBrowser({ signal: never(), open: () => Promise.reject(mistake) });
    await expect(asked).rejects.toBe(mistake);
  });
});
