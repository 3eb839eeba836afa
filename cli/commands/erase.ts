import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { typedLines } from '#cli/commands/pasted.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, type Output } from '#cli/output.ts';
import { requireDesk } from '#cli/running.ts';

interface EraseOptions {
  readonly by?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface Preview {
  readonly objectIds: number;
  readonly upns: number;
  readonly numbers: number;
  readonly emergencies: number;
  readonly notices: number;
  readonly sharedNumbers: number;
  readonly extent: string;
}

/** `tocsin erase`: who it is comes on stdin, in its first line; the second one confirms. */
export async function erase(options: EraseOptions, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const lines = linesOfStdin();
  try {
    const desk = await requireDesk(stateDir);
    if (lines.isTerminal)
      output.say('Who is to be erased? An object id, a UPN or a number; it is not shown while you type.');
    const caller = (await lines.next())?.trim() ?? '';
    if (caller === '') throw new CommandError(exitCodes.usage, 'nobody was named: the first line on stdin says who');
    const preview = expectOk(
      await ask(`${desk}/api/erasures/preview`, { method: 'POST', body: { caller }, timeoutMs: 300_000 }),
    ) as unknown as Preview;
    const { extent, ...counts } = preview;
    if (options.dryRun === true) {
      if (options.json === true) return output.json(counts);
      return tell(output, preview);
    }
    tell(output, preview);
    output.say('Nobody can undo it. Type `erase` to destroy the keys, anything else to leave everything as it is.');
    if ((await lines.next())?.trim() !== 'erase') throw new CommandError(exitCodes.no, 'nothing was erased');
    const by = options.by ?? userInfo().username;
    const done = expectOk(
      await ask(`${desk}/api/erasures`, { method: 'POST', body: { caller, extent, by }, timeoutMs: 300_000 }),
    );
    if (options.json === true) output.json({ ...counts, ...done });
    else output.data(`erased: ${done['keys']} keys are destroyed`);
    if (Number(done['left']) === 0) return;
    output.say(
      `In ${many(Number(done['left']), 'notice')} something is sealed under the key of somebody else: a number that others use too, or another name of the person. \`audit list --caller -\` shows them; erase those names as well.`,
    );
    process.exitCode = exitCodes.no;
  } finally {
    lines.close();
  }
}

function tell(output: Output, { objectIds, upns, numbers, emergencies, notices, sharedNumbers }: Preview): void {
  const names = [many(objectIds, 'object id'), many(upns, 'UPN'), many(numbers, 'number')].join(', ');
  output.say(
    `To be erased: one person with ${names}; in ${many(emergencies, 'emergency', 'emergencies')} and ${many(notices, 'notice')}.`,
  );
  if (sharedNumbers > 0)
    output.say(`${many(sharedNumbers, 'number')} that others called with as well will stay readable in their calls.`);
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

interface Lines {
  readonly isTerminal: boolean;
  /** Undefined at the end. */
  next(): Promise<string | undefined>;
  close(): void;
}

function linesOfStdin(): Lines {
  const typed = typedLines();
  if (typed !== undefined)
    return {
      isTerminal: true,
      next: () => Promise.race([typed.next(), typed.ended]) as Promise<string | undefined>,
      close: typed.close,
    };
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return {
    isTerminal: false,
    async next() {
      const line = await lines.next();
      return line.done === true ? undefined : line.value;
    },
    // Whoever writes to it may leave it open.
    close: () => void process.stdin.destroy(),
  };
}
