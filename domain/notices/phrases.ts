import type { Phrase } from '#domain/notices/item.ts';
import { emergencyWords } from '#domain/notices/phrases-words.ts';
import { languageJudge } from '#domain/notices/recognise-language.ts';

/**
 * Texts by which Teams announces an emergency call in the chat of the security desk. Microsoft documents none of them. The English one is what flows that
 * react to these messages look for; those of other languages are how a translation may read and stay guesses until a call in that language was seen, so
 * there are several for each, and {@link emergencyWords} catch what they miss. Settings add to them.
 */
export const defaultPhrases: readonly Phrase[] = [
  { language: 'en', text: 'has placed an Emergency Call' },
  { language: 'de', text: 'hat einen Notruf getätigt' },
  { language: 'de', text: 'hat einen Notruf abgesetzt' },
  { language: 'de', text: 'hat einen Notruf ausgelöst' },
  { language: 'de', text: 'hat einen Notruf gewählt' },
  { language: 'de', text: 'hat den Notruf gewählt' },
  { language: 'de', text: 'hat den Notruf abgesetzt' },
  { language: 'de', text: 'hat den Notruf ausgelöst' },
  { language: 'de', text: 'hat den Notruf angerufen' },
  { language: 'fr', text: 'a passé un appel d’urgence' },
  { language: 'fr', text: 'a effectué un appel d’urgence' },
  { language: 'fr', text: 'a émis un appel d’urgence' },
  { language: 'es', text: 'ha realizado una llamada de emergencia' },
  { language: 'es', text: 'ha hecho una llamada de emergencia' },
  { language: 'es', text: 'realizó una llamada de emergencia' },
  { language: 'es', text: 'hizo una llamada de emergencia' },
  { language: 'pt', text: 'fez uma chamada de emergência' },
  { language: 'pt', text: 'efetuou uma chamada de emergência' },
  { language: 'pt', text: 'realizou uma chamada de emergência' },
  { language: 'pt', text: 'fez uma ligação de emergência' },
  { language: 'nl', text: 'heeft een noodoproep geplaatst' },
  { language: 'nl', text: 'heeft een noodoproep gedaan' },
  { language: 'nl', text: 'heeft een alarmoproep gedaan' },
  { language: 'it', text: 'ha effettuato una chiamata di emergenza' },
  { language: 'it', text: 'ha effettuato una chiamata d’emergenza' },
  { language: 'it', text: 'ha fatto una chiamata di emergenza' },
  { language: 'ja', text: '緊急通報を行いました' },
  { language: 'ja', text: '緊急通報をしました' },
  { language: 'ja', text: '緊急通話を発信しました' },
  { language: 'ja', text: '緊急通話を行いました' },
  { language: 'ja', text: '緊急電話をかけました' },
  { language: 'ja', text: '緊急電話を発信しました' },
  { language: 'ja', text: '緊急発信しました' },
  { language: 'ja', text: '緊急発信を行いました' },
  { language: 'zh', text: '拨打了紧急电话' },
  { language: 'zh', text: '已拨打紧急电话' },
  { language: 'zh', text: '发起了紧急呼叫' },
  { language: 'zh', text: '已发起紧急呼叫' },
  { language: 'zh', text: '进行了紧急呼叫' },
  { language: 'zh', text: '撥打了緊急電話' },
  { language: 'zh', text: '已撥打緊急電話' },
  { language: 'zh', text: '發出了緊急呼叫' },
  { language: 'zh', text: '進行了緊急呼叫' },
];

/** What is compared: letters and digits alone, without case, accents, width, spacing or punctuation. */
export function comparable(text: string): string {
  // Most text is plain ASCII, for which the rest does nothing but cost ten times as much.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
  return text
    .toWellFormed()
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll('ı', 'i');
}

/** The part of a language tag (BCP 47) that names the language, lower case: `pt` of `pt-BR`. */
function primaryLanguage(tag: string): string {
  return tag.trim().toLowerCase().split(/[-_]/, 1)[0] ?? '';
}

/** A phrase shorter than this would be found in anything; the shortest real ones are four ideographs. */
const shortest = 3;

/** Finds the phrases of a table in texts. */
interface PhraseTable {
  /** The phrase that a text holds; of several the longest, which says most about the language. */
  find(comparableText: string): Phrase | undefined;
  /** True when a text, read alone, proves to be in a language of the table ({@link languageJudge}); any doubt is a no. */
  understands(text: string): boolean;
}

const tables = new WeakMap<readonly Phrase[], PhraseTable>();

/** The table of a list of phrases, made once per list. */
export function phraseTable(phrases: readonly Phrase[]): PhraseTable {
  const made = tables.get(phrases) ?? makeTable(phrases);
  tables.set(phrases, made);
  return made;
}

function makeTable(phrases: readonly Phrase[]): PhraseTable {
  const forms = phrases
    .map((phrase) => ({ phrase, form: comparable(phrase.text) }))
    .filter(({ form }) => [...form].length >= shortest)
    .sort((a, b) => b.form.length - a.form.length);
  const languages = new Set(forms.map(({ phrase }) => primaryLanguage(phrase.language)));
  return {
    find: (comparableText) => forms.find(({ form }) => comparableText.includes(form))?.phrase,
    understands: languageJudge(
      languages,
      forms.map(({ phrase }) => phrase.text),
    ),
  };
}

const wordForms = Object.entries(emergencyWords).flatMap(([language, words]) =>
  words.map((each) => ({ language, form: comparable(each) })),
);

/** The language of the first of {@link emergencyWords} that a text holds: it speaks of an emergency call. */
export function speaksOfEmergencyCall(comparableText: string): string | undefined {
  const language = wordForms.find(({ form }) => comparableText.includes(form))?.language;
  // The two have words in common; kana is Japanese alone.
  return language === 'zh' && /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(comparableText) ? 'ja' : language;
}
