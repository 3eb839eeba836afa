import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

// Runs a policy pack as cmd/run-policy-pack of @pulumi/pulumi does, but without its TypeScript loader, which dies of TypeScript 7 (measured with 3.270):
// Node strips the types by itself. Arguments: the address of the engine, the folder of the pack.

const [, , , folder = '.'] = process.argv;
const pack = resolve(folder);
const failures = new Set<unknown>();
let running = false;
const onFailure = (error: unknown) => {
  failures.add(error);
  if (!running) process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};
process.on('uncaughtException', onFailure);
process.on('unhandledRejection', onFailure);
process.on('exit', (code) => {
  if (code === 0 && failures.size > 0) process.exitCode = 1;
});

const { run } = createRequire(join(pack, 'x.js'))('@pulumi/pulumi/cmd/run-policy-pack/run.js') as {
  run(options: {
    argv: { _: string[] };
    programStarted: () => void;
    reportLoggedError: (error: unknown) => void;
    typeScript: boolean;
  }): Promise<unknown> | undefined;
};
await run({
  argv: { _: [pack] },
  programStarted: () => {
    running = true;
  },
  reportLoggedError: () => {},
  typeScript: false,
});
running = false;
