import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';

/** @throws {CommandError} with exit code 78 and the name of the setting where the file cannot be read */
export function readPemFile(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CommandError(exitCodes.settings, `${setting}: ${file} cannot be read (${code})`);
  }
}
