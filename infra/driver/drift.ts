import { valueWords } from '#infra/driver/preview.ts';
import { differingPaths, isComponent, type Step, valueAt } from '#infra/driver/step.ts';
import { wordsOf } from '#infra/driver/words.ts';

/** One difference between what the stack made and what there is. */
export interface Drift {
  readonly kind: 'gone' | 'changed';
  readonly type: string;
  readonly name: string;
  readonly sentence: string;
}

/** What somebody changed by hand since the last run, from the steps of a look at the cloud. */
export function driftOf(steps: readonly Step[]): readonly Drift[] {
  return steps
    .filter((step) => !isComponent(step))
    .flatMap((step): readonly Drift[] => {
      const { type, name, op } = step;
      // A direction of its own: the engine compares what is with what was asked for, in either order.
      const changed = differingPaths(step.before ?? {}, step.inputs);
      const { what } = wordsOf(type);
      if (op === 'delete')
        return [{ kind: 'gone', type, name, sentence: `the ${what} ${name} is gone; \`up --refresh\` makes it again` }];
      if (op !== 'update' || changed.length === 0) return [];
      const said = changed
        .slice(0, 4)
        .map(
          (path) =>
            `${path} is ${valueWords(valueAt(step.inputs, path))} and was ${valueWords(valueAt(step.before, path))}`,
        );
      const more = changed.length > 4 ? `, and ${changed.length - 4} more` : '';
      return [
        {
          kind: 'changed',
          type,
          name,
          sentence: `the ${what} ${name} was changed: ${said.join(', ')}${more}; \`up --refresh\` puts it back`,
        },
      ];
    });
}
