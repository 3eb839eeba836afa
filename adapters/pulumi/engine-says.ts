import * as automation from '@pulumi/pulumi/automation/index.js';
import { plain } from './steps.ts';

/** Why a command of the engine failed, in its own words, one entry for each; undefined for an error that is none of the engine's. */
export function engineSays(error: unknown): readonly string[] | undefined {
  return error instanceof automation.CommandError ? saidIn(plain(error.message)) : undefined;
}

/** The same from the text of the error. Warnings, which come first, are no reasons; they are taken where there is nothing else. */
export function saidIn(text: string): readonly string[] {
  const stderr = /stderr: ([\s\S]*?)(?:\n err\?:|$)/.exec(text)?.[1] ?? text;
  const entries = stderr
    .split(/\n(?=(?:error|warning|info): )/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const errors = entries.filter((entry) => entry.startsWith('error: '));
  const [first = 'the engine ended without a word'] = entries;
  return errors.length > 0 ? errors : [first];
}
