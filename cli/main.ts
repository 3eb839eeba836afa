import { CommanderError } from 'commander';
import { endAtOnce, endProcess } from '#cli/ending.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { printableLines } from '#cli/output.ts';
import { createProgram } from '#cli/program.ts';

// A reader that went away (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') endAtOnce(0);
  // A terminal that was closed: SIGHUP tells, and what runs ends in order.
  if (error.code === 'EIO') return;
  // A full disk. Not 1, as an exception that nobody catches: that is an answer, such as that digests differ.
  process.stderr.write(`tocsin: what was to be said could not be written: ${error.message}\n`);
  endAtOnce(70);
});
// What cannot be said (a full disk, a closed terminal) must not change how a command ends.
process.stderr.on('error', () => {});

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else if (error instanceof CommandError) {
    // Messages may hold what others sent; none of it is to steer a terminal.
    process.stderr.write(`tocsin: ${printableLines(error.message)}\n`);
    await endProcess(error.exitCode);
  } else {
    process.stderr.write(
      `tocsin: this should not have happened; please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    await endProcess(70);
  }
}
