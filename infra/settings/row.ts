/** One setting of a stack (`pulumi config set <key> …`), the way a person writes it: always text. */
export interface StackSetting<T> {
  readonly description: string;
  /** As text; absent: there is none, and `absent` says what leaving it out means. */
  readonly default?: string;
  /** What leaving it out means, where that is no fixed value. */
  readonly absent?: string;
  /** Set it with `pulumi config set --secret`; the state file then holds ciphertext alone. */
  readonly secret: boolean;
  readonly parse: (text: string) => Read<T>;
}

/** The value, or what is wrong as the end of a sentence that begins with the key; never repeats a secret. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string };

const read = <T>(value: T): Read<T> => ({ ok: true, value });
const fault = (text: string): Read<never> => ({ ok: false, fault: text });

/** One of a closed set of words; `refused` gives words that people expect to work, with the reason why they do not. */
export function choice<const T extends string>(words: readonly T[], refused: Readonly<Record<string, string>> = {}) {
  return (text: string): Read<T> => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return read(found);
    return fault(refused[text] ?? `must be one of ${words.join(', ')}`);
  };
}

/** Text of a form; `form` says in words what is expected. */
export function matching(pattern: RegExp, form: string) {
  return (text: string): Read<string> => (pattern.test(text) ? read(text) : fault(`must be ${form}`));
}

/** A whole number within bounds, both inclusive. */
export function whole(least: number, most: number) {
  return (text: string): Read<number> => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? read(value) : fault(`must be a whole number from ${least} to ${most}`);
  };
}

/** `true` or `false`. */
export const flag = (text: string): Read<boolean> =>
  text === 'true' || text === 'false' ? read(text === 'true') : fault('must be true or false');

/** Values with commas between them, each of a form; blanks round them do not count. */
export function listOf(pattern: RegExp, form: string, atMost = 100) {
  return (text: string): Read<readonly string[]> => {
    const values = text
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== '');
    const wrong = values.find((value) => !pattern.test(value));
    if (wrong !== undefined) return fault(`must be a list of ${form} with commas between them; "${wrong}" is none`);
    if (new Set(values).size < values.length) return fault('names something twice');
    return values.length > atMost ? fault(`must not have more than ${atMost} entries`) : read(values);
  };
}

/** A PEM text of a kind, such as `CERTIFICATE`; the text is never shown. */
export function pem(kind: string) {
  const pattern = new RegExp(`^-----BEGIN (?:[A-Z]+ )?${kind}-----[\\s\\S]+-----END (?:[A-Z]+ )?${kind}-----\\s*$`);
  return (text: string): Read<string> => (pattern.test(text) ? read(text) : fault(`must be PEM text (${kind})`));
}
