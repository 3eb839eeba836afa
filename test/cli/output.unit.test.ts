import { describe, expect, it } from 'vitest';
import { printable, printableLines, table } from '#cli/output.ts';

describe('what is printed for people', () => {
  it.each([
    ['an escape sequence that colours', '\u001b[31mred', '\\u001b[31mred'],
    ['one that sets the title', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['the one byte that begins one (C1)', '\u009b2J', '\\u009b2J'],
    ['a line break that would forge a row', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['text that runs the other way', 'abc\u202egpj.exe', 'abc\\u202egpj.exe'],
  ])('makes %s visible', (_, hostile, shown) => {
    expect(printable(hostile)).toBe(shown);
  });

  it('leaves names of all languages as they are', () => {
    for (const name of ['Jürgen Weiß', '佐藤 花子', "Siobhán O'Neill", 'محمد']) expect(printable(name)).toBe(name);
  });

  it('keeps the line breaks of a text that has some of its own', () => {
    expect(printableLines('a\n\u001bb')).toBe('a\n\\u001bb');
  });

  it('aligns columns by what a terminal shows, also under wide characters and combining ones', () => {
    const lines = table(
      ['NAME', 'STATE'],
      [
        ['佐藤', 'a'],
        ['e\u0301te', 'b'],
        ['plain', 'c'],
      ],
    );
    expect(lines).toEqual(['NAME   STATE', '佐藤   a', 'e\u0301te    b', 'plain  c']);
  });

  it('cannot be given a row by a name', () => {
    expect(table(['NAME', 'ID'], [['x\nRESOLVED  forged', '1']])).toHaveLength(2);
  });
});
