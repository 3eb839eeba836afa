import { languageLetters, languageWords } from '#domain/notices/phrases-words.ts';

/** Scripts that one language alone is written in, or few that are told apart well enough: their letters prove it. */
const tellingScripts = [
  '\\p{Script=Han}々',
  '\\p{Script=Hiragana}\\p{Script=Katakana}ー',
  '\\p{Script=Hangul}',
  '\\p{Script=Greek}',
  '\\p{Script=Hebrew}',
  '\\p{Script=Thai}',
  '\\p{Script=Armenian}',
  '\\p{Script=Georgian}',
];
/** Scripts that many languages share (the Cyrillic ones, Arabic and Persian): words have to prove the language. */
const sharedScripts = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Arabic}]/u;

const word = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*/gu;
const languagesOf = new Map<string, readonly string[]>();
for (const [language, words] of Object.entries(languageWords))
  for (const each of words.split(/\s+/)) {
    const of = languagesOf.get(each) ?? [];
    if (!of.includes(language)) languagesOf.set(each, [...of, language]);
  }

/** So few letters of a script without spaces may be somebody's name. */
const longestName = 6;

/** What a line says about its language, in words; of a script without spaces two letters count as a word. */
interface Evidence {
  /** Words in a script that proves a known language. */
  script: number;
  /** Words of the known language that has most of the others. */
  known: number;
  /** Words that no known language has. */
  foreign: number;
  /** All words outside of such scripts but what may be names (they begin with a capital letter) and those that known and other languages share. */
  body: number;
}

function proves({ script, known, foreign, body }: Evidence): boolean {
  return script > 2 * body || (known > 0 && known > foreign && known * 4 >= body);
}

/**
 * Makes the judge of whether a text is in a language of which the table has a phrase. The text alone decides: `chatMessage.locale` is "always set to en-us"
 * (Graph, "chatMessage resource type"). In doubt it says no: nothing proves a language but its own letters or words that no other language has.
 * @param languages primary language tags of the table
 * @param texts its phrases, whose letters show which scripts it knows
 */
export function languageJudge(languages: ReadonlySet<string>, texts: readonly string[]): (text: string) => boolean {
  const letters = tellingScripts
    .filter((script) => texts.some((text) => new RegExp(`[${script}]`, 'u').test(text)))
    .join('');
  const knownScript = letters === '' ? undefined : new RegExp(`[${letters}]`, 'gu');
  const own = [...languages].map((language) => languageLetters[language] ?? '').join('');
  const foreignLetter = new RegExp(`[^\\p{M}'’a-z${own}]`, 'u');
  /** For each word that only known languages have, those; `[]` for one that only others have. Words that both have are `undefined`. */
  const proofs = new Map<string, readonly string[] | undefined>();
  for (const [each, of] of languagesOf) {
    const known = of.filter((language) => languages.has(language));
    proofs.set(each, known.length === 0 || known.length === of.length ? known : undefined);
  }

  function evidenceOf(line: string): Evidence {
    const inScript = knownScript === undefined ? 0 : (line.match(knownScript)?.length ?? 0);
    const rest = knownScript === undefined ? line : line.replace(knownScript, ' ');
    const shouted = !/\p{Ll}/u.test(rest);
    const words = (shouted ? rest.toLowerCase() : rest).normalize('NFC').replaceAll('’', "'").match(word) ?? [];
    const found: Evidence = { script: inScript > longestName ? inScript / 2 : 0, known: 0, foreign: 0, body: 0 };
    const counts = new Map<string, number>();
    for (const [index, each] of words.entries()) {
      // A word with a capital may be a name; the first of a sentence has one in any case.
      const first = index === 0 && !/^\p{Lu}/u.test(words[1] ?? '');
      if (/^\p{Lu}/u.test(each) && !first) continue;
      const small = each.toLowerCase();
      const proof = proofs.has(small) ? proofs.get(small) : 'none';
      if (proof === undefined) continue;
      if (first && proof === 'none' && each !== small) continue;
      found.body++;
      if (proof !== 'none' && proof.length > 0)
        for (const language of proof) counts.set(language, (counts.get(language) ?? 0) + 1);
      else if (proof !== 'none') found.foreign++;
      else if (!sharedScripts.test(small)) found.foreign++;
      else if (/^\p{Script=Latin}/u.test(small) && foreignLetter.test(small)) found.foreign++;
    }
    found.known = Math.max(0, ...counts.values());
    return found;
  }

  return (text) => {
    // Figures and signs alone are in no language, and announce nothing.
    if (!/\p{L}/u.test(text)) return true;
    // The line that announces comes first; what follows describes a place, perhaps in another language. Names and headings are in none.
    for (const line of text.split('\n')) {
      const found = evidenceOf(line);
      if (found.script + found.body >= 2) return proves(found);
      if (found.body >= 1 && found.known === 0) return false;
    }
    return proves(evidenceOf(text));
  };
}
