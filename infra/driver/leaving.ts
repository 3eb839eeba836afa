import { wordsOf } from '#infra/driver/words.ts';

/** A resource as the state of a stack holds it. */
export interface HeldResource {
  readonly urn: string;
  readonly type: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

/** Why a stack is not deleted, and what somebody who means it does. */
export interface Refusal {
  readonly kept: readonly HeldResource[];
  readonly lines: readonly string[];
}

/**
 * Refuses a deletion while the stack holds evidence, or what opens it: the engine itself would delete all the rest before it stops at what is protected.
 * Undefined where nothing is retained.
 */
export function refuseDestroy(slug: string, resources: readonly HeldResource[]): Refusal | undefined {
  const kept = resources.filter((one) => one.protect === true || one.retainOnDelete === true);
  if (kept.length === 0) return undefined;
  return {
    kept,
    lines: [
      `${slug} holds evidence, or what is needed to read it. Nothing was deleted. It is kept in:`,
      ...kept.map(({ urn, type }) => `  ${wordsOf(type).what} ${urn.split('::').at(-1)}`),
      'To leave: export what has to be kept (`tocsin audit export`), and have it checked by somebody else.',
      `Then either delete the rest and leave these where they are: tocsin tenant destroy ${slug} --keep-evidence`,
      `or, once nobody needs them, set environment to test and take the locks off: tocsin tenant init ${slug} --set environment=test, then tocsin tenant up ${slug}, then tocsin tenant destroy ${slug}.`,
      'What an immutability policy covers cannot be deleted before its days are over, whoever asks.',
    ],
  };
}
