import { readFileSync } from 'node:fs';

/** One setting: everything that is known about it, so that the reader, the help and the documents say the same. */
export interface Setting<T> {
  /** Name of the environment variable. */
  readonly name: `TOCSIN_${string}`;
  readonly description: string;
  /** As text, the way somebody would write it; absent where leaving it out means something of its own. */
  readonly default?: string;
  /** What leaving it out means, where that is no fixed value. */
  readonly absent?: string;
  /** Never shown, and also read from a file named by `<name>_FILE`. */
  readonly secret: boolean;
  readonly parse: (text: string) => Parsed<T>;
}

/** The value, or what is wrong with the text and what to write instead; never repeats the text of a secret. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Reads a secret's file without its last line break. */
export function readSecretFile(file: string): Parsed<string> {
  try {
    return { ok: true, value: readFileSync(file, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return { ok: false, problem: `its file cannot be read (${code}); check the path and who may read it` };
  }
}
