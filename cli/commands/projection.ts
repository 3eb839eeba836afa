import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, table } from '#cli/output.ts';
import { requireDesk } from '#cli/running.ts';
import type { ProjectionDigest, ProjectionRebuild, ProjectionStatus } from '#web/projection-admin.ts';

/** `tocsin projection list`. */
export async function list(options: { readonly json?: boolean }, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const { items } = expectOk(await ask(`${await requireDesk(stateDir)}/api/projections`)) as unknown as {
    readonly items: readonly ProjectionStatus[];
  };
  if (options.json === true) return output.json({ items });
  const lines = table(
    ['NAME', 'STATE', 'POSITION'],
    items.map((item) => [
      item.name,
      item.rebuilding === undefined
        ? item.caughtUp
          ? 'up to date'
          : item.connection
        : `rebuilding, ${item.rebuilding} events`,
      item.position ?? 'start',
    ]),
  );
  for (const line of lines) output.data(line);
}

/** `tocsin projection digest`. */
export async function digest(
  name: string,
  options: { readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const answer = await ask(`${await requireDesk(stateDir)}/api/projections/${encodeURIComponent(name)}/digest`, {
    timeoutMs: 600_000,
  });
  if (answer.status === 404) throw unknownName(name);
  const found = expectOk(answer) as unknown as ProjectionDigest;
  if (options.json === true) output.json(found);
  else output.data(`${found.digest}  ${found.name}  at ${found.position ?? 'start'}`);
}

/** `tocsin projection rebuild`: exit code 1 where the rebuilt one differs from the one that it replaced. */
export async function rebuild(
  name: string,
  options: { readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  const watching = setInterval(() => {
    ask(`${desk}/api/projections`, { timeoutMs: 2000 }).then(
      (answer) => {
        const own = (answer.body as unknown as { readonly items?: readonly ProjectionStatus[] }).items?.find(
          (item) => item.name === name,
        );
        if (own?.rebuilding !== undefined) output.progress(`rebuilding ${name}: ${own.rebuilding} events`);
      },
      () => {},
    );
  }, 500);
  try {
    const answer = await ask(`${desk}/api/projections/${encodeURIComponent(name)}/rebuild`, {
      method: 'POST',
      body: {},
      timeoutMs: 86_400_000,
    });
    if (answer.status === 404) throw unknownName(name);
    const done = expectOk(answer) as unknown as ProjectionRebuild;
    if (options.json === true) output.json(done);
    else
      output.data(
        `${done.events} events, ${done.equal ? 'equal to the one it replaced' : 'DIFFERENT from the one it replaced'}: ${done.digest}`,
      );
    if (!done.equal) process.exitCode = exitCodes.no;
  } finally {
    clearInterval(watching);
    output.progress(undefined);
  }
}

function unknownName(name: string): CommandError {
  return new CommandError(
    exitCodes.usage,
    `there is no projection ${name}; \`tocsin projection list\` shows those that there are`,
  );
}
