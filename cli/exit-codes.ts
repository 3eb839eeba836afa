/** What the process answers: sysexits.h where it has a number. */
export const exitCodes = { done: 0, no: 1, usage: 2, unreachable: 69, settings: 78 } as const;

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
