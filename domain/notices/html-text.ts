import { decode } from 'html-entities';

/** Elements that begin and end a line; all others are inline, and a text runs on through their tags. */
const breaking =
  /^(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|tbody|tfoot|thead|tr|ul)$/;

/** No part of it can run past the next `<`, so that hostile input costs no more than its length. */
const tag = /<(\/?)([a-zA-Z][a-zA-Z0-9:-]*)((?:"[^"<]*"|'[^'<]*'|[^'"<>])*)>/g;

/**
 * The text of a message's HTML as a person sees it, one line per block. Comments, scripts and styles are left out, images and emoji stand by their
 * `alt`, entities are decoded last so that an escaped tag stays text. Takes whatever it gets: what is not HTML comes back as it is.
 */
export function htmlToText(html: string): string {
  const marked = html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<(script|style)\b[^<>]*>[\s\S]*?(?:<\/\1\s*>|$)/gi, '')
    .replace(/\r\n?|\n/g, ' ')
    .replace(tag, (_, _close: string, name: string, attributes: string) => {
      const lower = name.toLowerCase();
      if (breaking.test(lower)) return '\n';
      if (lower === 'td' || lower === 'th') return ' ';
      return lower === 'img' || lower === 'emoji' ? (/\balt\s*=\s*["']([^"']*)["']/i.exec(attributes)?.[1] ?? '') : '';
    });
  return lines(decode(marked)).join('\n');
}

/** The lines of a text that have something on them, with single spaces (a no-break space is one) and without invisible characters. */
export function lines(text: string): readonly string[] {
  return text
    .toWellFormed()
    .split(/[\n\r\v\f\u0085\u2028\u2029]+/)
    .map((line) =>
      line
        .replace(/[\u200B\u2060\uFEFF\u00AD\u202A-\u202E\u2066-\u2069]/g, '')
        .replace(/[\s\p{Zs}\p{Cc}]+/gu, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}
