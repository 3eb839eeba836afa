import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuild } from '#domain/identity/rebuild-url.ts';

const base = 'https://graph.microsoft.com/v1.0';
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '..',
    '.',
    '%2e',
    '%2F',
    '\\',
    '@',
    ':',
    '?',
    '#',
    'https://',
    'http:',
    'evil.example',
    'v1.0',
    'me',
    '\t',
    "('1')",
  ),
  fc.string({ maxLength: 4 }),
);
const url = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('a rebuilt URL', () => {
  it('never leaves the base, whatever it was made of', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          url,
          url.map((rest) => `${base}/${rest}`),
          fc.webUrl(),
        ),
        (text) => {
          const rebuilt = rebuild(base, text);
          if (rebuilt === undefined) return;
          const parsed = new URL(rebuilt);
          expect(parsed.origin).toBe('https://graph.microsoft.com');
          expect(parsed.username + parsed.password + parsed.hash).toBe('');
          expect(parsed.pathname.startsWith('/v1.0/')).toBe(true);
          expect(decodeURIComponent(parsed.pathname.replace(/%(?![0-9a-f]{2})/gi, '%25')).split('/')).not.toContain(
            '..',
          );
          expect(rebuild(base, rebuilt)).toBe(rebuilt);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('stays what it is when it is below the base already', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9]{1,20}(\/[a-zA-Z0-9:@()'-]{1,10}){0,4}$/), (path) => {
        expect(rebuild(base, `${base}/${path}?$top=50`)).toBe(`${base}/${path}?$top=50`);
      }),
    );
  });
});
