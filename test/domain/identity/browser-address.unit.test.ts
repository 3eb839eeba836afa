import { describe, expect, it } from 'vitest';
import { isSameText, readBrowserAddress } from '#domain/identity/browser-address.ts';

const state = 'st4te-of-the-sign-in-that-waits';
const ended = `http://localhost:53211/?code=0.AXcode-1&state=${state}&session_state=abc`;
const code = { ok: true, answer: { type: 'code', code: '0.AXcode-1' } };

describe('the address at which a browser ended', () => {
  it.each([
    ended,
    ` ${ended}\n`,
    `"${ended}"`,
    `<${ended}>`,
    ended.replace('http://', ''),
    ended.replace('http:', 'https:'),
    `${ended.slice(0, 40)}\r\n${ended.slice(40)}`,
  ])('is understood as people paste it: %j', (pasted) => {
    expect(readBrowserAddress(pasted, state)).toEqual(code);
  });

  it('says that the person declined, or was refused', () => {
    const declined = `http://localhost:1/?error=access_denied&error_subcode=cancel&error_description=AADSTS65004&state=${state}`;
    expect(readBrowserAddress(declined, state)).toEqual({
      ok: true,
      answer: { type: 'refused', error: 'access_denied', description: 'AADSTS65004', suberror: 'cancel' },
    });
  });

  it.each([
    ['', 'no-address'],
    ['H7WQ4KTD', 'no-address'],
    ['http://[', 'no-address'],
    ['https://login.microsoftonline.com/common/reprocess?ctx=1', 'no-address'],
    [`https://evil.example/?code=1&state=${state}`, 'no-address'],
    [`${ended}${'x'.repeat(20_000)}`, 'no-address'],
    [`https://login.example/t/oauth2/v2.0/authorize?state=${state}&code_challenge=abc`, 'before-sign-in'],
    ['http://localhost:53211/?code=0.AXcode-1&state=of-another-one', 'other-sign-in'],
    [`http://localhost:53211/?code=0.AXcode-1&state=${state.slice(0, -1)}`, 'other-sign-in'],
    [`http://localhost:53211/?state=${state}`, 'no-answer'],
    [`http://localhost:53211/?code=&state=${state}`, 'no-answer'],
    ['http://localhost:53211/?code=0.AXcode-1', 'no-answer'],
  ])('is none, or another one: %j', (pasted, problem) => {
    expect(readBrowserAddress(pasted, state)).toEqual({ ok: false, problem });
  });

  it('is of no sign-in where none has a state', () => {
    expect(readBrowserAddress('http://localhost:1/?code=1&state=', '').ok).toBe(false);
  });
});

it('texts are the same or not', () => {
  expect([isSameText('abc', 'abc'), isSameText('', '')]).toEqual([true, true]);
  expect([isSameText('abd', 'abc'), isSameText('ab', 'abc'), isSameText('abcd', 'abc')]).toEqual([false, false, false]);
});
