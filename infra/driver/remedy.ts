/** What a person does about one kind of refusal. */
export interface Remedy {
  /** Its shape: codes first, as words change more often. */
  readonly when: RegExp;
  /** The cause, then what to do; a sentence for people without a full stop at its end. */
  readonly say: (found: RegExpExecArray, text: string) => string;
}

/** Where it is written which roles the person needs. */
export const needs = '(docs/deploy.md, “What you need”)';
