import { numbers } from '#domain/notices/calling-words.ts';
import type { Phrase } from '#domain/notices/item.ts';
import { comparable } from '#domain/notices/phrases.ts';

/** The lines of a message that announces a call. */
export interface Announcement {
  /** What announces it: of each line that holds the phrase all up to its end, the number that is named next among it. */
  readonly announcing: readonly string[];
  /** Everything else, what follows the phrase on its line among it. */
  readonly told: readonly string[];
  /** Who is said to have called: the words before the phrase. */
  readonly announced?: string;
}

/** @param lines what a person sees of the message */
export function readAnnouncement(lines: readonly string[], phrase: Phrase): Announcement {
  const wanted = comparable(phrase.text);
  const announcing: string[] = [];
  const told: string[] = [];
  let announced: string | undefined;
  for (const line of lines) {
    if (!comparable(line).includes(wanted)) {
      told.push(line);
      continue;
    }
    if (announcing.length === 0) announced = announcedBy(line, wanted);
    const end = endOfPhrase(line, wanted);
    const to = calledNext.exec(line.slice(end))?.[0].length ?? 0;
    announcing.push(line.slice(0, end + to));
    told.push(line.slice(end + to).replace(leadingToPlace, ''));
  }
  return { announcing, told, ...(announced !== undefined && { announced }) };
}

/** `to 112`, `(911)`; a number that a word follows may be that of a house. */
const calledNext = new RegExp(
  `^[\\s(:：-]*(?:(?:to|on|an|die|au|le|al|el|a|ao|para|o|naar|het|il|the|number|nummer|numéro|número|numero)\\s+){0,3}(?:${numbers})\\)?(?=\\s*(?:[,.;:。]|$)|\\s+[–—-]\\s|\\s+(?:from|at|in|aus|von|depuis|desde|em|vanuit|da)\\s)`,
  'iu',
);
const leadingToPlace =
  /^[\s.,;:：!?。、"'”’»)\]*…–—-]*(?:(?:from|at|in|near|aus|von|bei|depuis|dans|desde|en|em|vanuit|vanaf|da|dal|dalla)\s+)?/iu;

/** The first place up to which a line holds the phrase: looked for by halves, as a longer beginning never holds less of it. */
function endOfPhrase(line: string, wanted: string): number {
  let without = 0;
  let holding = line.length;
  while (holding - without > 1) {
    const middle = (without + holding) >> 1;
    if (comparable(line.slice(0, middle)).includes(wanted)) holding = middle;
    else without = middle;
  }
  return holding;
}

/** What stands before the phrase on its line; nothing when the phrase begins it, as it does where the name follows. */
function announcedBy(line: string, wanted: string): string | undefined {
  // The first place from which on the line reads as the phrase; a name longer than the bound is none.
  for (let end = 1; end < Math.min(line.length, 200); end++)
    if (comparable(line.slice(end, end + 1000)).startsWith(wanted))
      return (
        line
          .slice(0, end)
          .replace(/(?:さん|様)?が\s*$/u, '')
          .replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '') || undefined
      );
  return undefined;
}
