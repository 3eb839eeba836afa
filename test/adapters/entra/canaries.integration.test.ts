import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '#test/simulator/entra/raw.ts';
import { serviceUser } from '#test/simulator/entra/start-entra.ts';
import { createEntraPlace, type EntraPlace, never } from './place.ts';

const secretFields = ['access_token', 'refresh_token', 'id_token', 'device_code', 'client_info'];

describe('tokens and codes', () => {
  let place: EntraPlace;
  const printed: string[] = [];
  beforeEach(async () => {
    place = await createEntraPlace();
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
      vi.spyOn(console, method).mockImplementation((...values) => void printed.push(inspect(values, { depth: 20 })));
    }
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => Boolean(printed.push(String(text))));
    }
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await place.discard();
  });

  /** Every secret that went over the wire. */
  const canaries = (): readonly string[] => {
    const found = new Set<string>();
    for (const { form, result } of place.outbound.calls) {
      for (const name of ['refresh_token', 'device_code', 'code', 'code_verifier', 'client_assertion']) {
        const value = form.get(name);
        if (value !== null) found.add(value);
      }
      if (!result.ok || !result.text.startsWith('{')) continue;
      const body = JSON.parse(result.text) as Record<string, unknown>;
      for (const field of secretFields) if (typeof body[field] === 'string') found.add(body[field]);
    }
    return [...found].filter((value) => value.length > 15);
  };
  /** Everything that an error or a result shows to whoever prints it. */
  const shown = (value: unknown): string => {
    const error =
      value instanceof Error
        ? [value.stack, value.message, JSON.stringify(value, Object.getOwnPropertyNames(value))]
        : [];
    return [
      inspect(value, { depth: 50, showHidden: true, maxStringLength: null }),
      JSON.stringify(value),
      ...error,
    ].join('\n');
  };

  it('are in no result, error, output, process title or file, whatever goes wrong', async () => {
    const identity = place.identity();
    const { simulator } = place.entra;
    const results: unknown[] = [];
    const keep = async (work: Promise<unknown>) => {
      results.push(await work.catch((error: unknown) => error));
    };

    await keep(place.signIn(identity));
    await keep(identity.state());
    for (const { name } of simulator.faults.list()) {
      if (name === 'slow') continue;
      await simulator.faults.start(name);
      const result = await identity.token({ force: true });
      // A token is what was asked for: all else of the result is looked at.
      results.push(result.ok ? { ...result, token: { ...result.token, value: '' } } : result);
      await simulator.faults.stop(name);
      if (!result.ok) await keep(place.signIn(identity));
    }
    // Answers that make no sense but hold the tokens, and a network client that fails with all it was given.
    for (const status of [200, 400, 500]) {
      place.outbound.intercept = (form, _url, ask) =>
        ask().then((answer) => {
          if (!answer.ok || !form.has('refresh_token')) return answer;
          const { id_token: _, ...body } = JSON.parse(answer.text) as Record<string, unknown>;
          const told = `${form.get('refresh_token')} ${String(body['access_token'])}`;
          const errors = {
            error: told,
            error_description: told,
            suberror: told,
            correlation_id: told,
            trace_id: told,
            claims: told,
          };
          return {
            ...answer,
            status,
            text: JSON.stringify({ ...body, ...(status === 200 ? { id_token: told } : errors) }),
          };
        });
      const result = await identity.token({ force: true });
      results.push(result.ok ? { ...result, token: undefined } : result);
    }
    place.outbound.intercept = (form) => {
      throw Object.assign(new Error(`cannot send ${form}`), { form: [...form] });
    };
    await keep(identity.token({ force: true }));
    await keep(place.signIn(identity));
    place.outbound.intercept = undefined;

    const byBrowser = (bring: (address: string) => Promise<unknown>) =>
      identity.signInWithBrowser({
        signal: never(),
        open: async (url) => {
          const browser = createBrowser();
          const { origin } = new URL(url);
          const page = await browser.follow(await browser.open(url), origin);
          if (typeof page === 'string') throw new Error('no page');
          const form = { user: serviceUser.upn, answer: 'sign-in' };
          const back = await browser.follow(await browser.submit(page.url, form, { origin }), origin);
          results.push(await bring(String(back)));
        },
      });
    await keep(byBrowser(async (address) => (await fetch(address)).text()));
    // Brought by hand, also a second time, which Entra does not take.
    await keep(
      byBrowser(async (address) => [
        await place.identity().completeSignInWithBrowser(address),
        await place.identity().completeSignInWithBrowser(address),
      ]),
    );

    const secrets = canaries();
    expect(secrets.length).toBeGreaterThan(20);
    const everything = { results: results.map(shown).join('\n'), printed: printed.join('\n'), title: process.title };
    const bytes = place.store.bytes();
    for (const secret of secrets) {
      for (const [where, text] of Object.entries(everything)) {
        expect(text.includes(secret), `a secret in ${where}`).toBe(false);
      }
      expect(bytes.includes(secret), 'a secret in the key store in plain').toBe(false);
    }
    // The search would find one.
    expect(shown(new Error(secrets[0])).includes(secrets[0]!)).toBe(true);
  });

  it('are in no object of an identity', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    await identity.token({ force: true });
    const text = shown(identity);
    for (const secret of canaries()) expect(text.includes(secret)).toBe(false);
  });
});
