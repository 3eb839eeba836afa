import { ofAzure } from '#infra/driver/remedies-of-azure.ts';
import { ofSignIn } from '#infra/driver/remedies-of-sign-in.ts';
import { ofState } from '#infra/driver/remedies-of-state.ts';

const all = [...ofSignIn, ...ofAzure, ...ofState];

/**
 * What a person does about refusals of Azure, of Entra ID and of the place of the state: the cause and the remedy, each once, in their order. Empty where
 * none is known for them.
 * @param said what the engine said, one entry for each fault
 */
export function remedies(said: readonly string[]): readonly string[] {
  const found = said.flatMap((text) =>
    all.flatMap(({ when, say }) => {
      const match = when.exec(text);
      return match === null ? [] : [say(match, text)];
    }),
  );
  return [...new Set(found)];
}
