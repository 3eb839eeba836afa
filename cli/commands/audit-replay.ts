import { readFile } from 'node:fs/promises';
import { createMemoryReadModelFiles } from '#adapters/sqlite-read-models/files.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput } from '#cli/output.ts';
import { logInUse, logOf, requireFile, sayIfBehind } from '#cli/reading-desk.ts';
import { contextOf } from '#cli/roles/context.ts';
import { modelsOf } from '#cli/roles/evidence-checkpoints.ts';
import { openEventLog } from '#cli/roles/shared.ts';
import { running } from '#cli/running.ts';
import { requireSettings } from '#cli/settings.ts';
import { version } from '#cli/version.ts';
import { projections, readModelNames } from '#projections/read-models.ts';
import { replay as fold, type Replay, type ReplayUntil } from '#projections/replay.ts';
import type { ProjectionDigest } from '#web/projection-admin.ts';
import { instantSchema } from '#web/schema-input.ts';

interface ReplayOptions {
  readonly at?: string;
  readonly expect?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

/** A read model, and what it should hold there. */
type ModelAt = Pick<ProjectionDigest, 'name' | 'position' | 'digest'>;

type Folded = Extract<Replay, { readonly ok: true }>;

/** Milliseconds since 1970 UTC. Without a zone two people would get different answers to one question. */
function timeOf(text: string): number {
  const time = instantSchema.safeParse(text);
  if (time.success) return Date.parse(time.data);
  throw new CommandError(
    exitCodes.usage,
    '--at must be a time in ISO 8601 with its zone, such as 2026-11-21T12:00:00Z, or a date such as 2026-11-21',
  );
}

/**
 * `tocsin audit replay`: folds the log from its first event into empty stores. Exit code 0 only where what comes out is what the running desk shows
 * (or what `--expect` or `--checkpoint` says); 1 where it is not: then a stored event, or a read model, is not what it was. Also 1 where a checkpoint leaves out a
 * read model, or has it of another version: what was not compared is not equal.
 */
export async function replay(options: ReplayOptions, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const at = options.at === undefined ? undefined : timeOf(options.at);
  const expected = options.expect?.toLowerCase();
  if (expected !== undefined && !/^[0-9a-f]{64}$/.test(expected))
    throw new CommandError(
      exitCodes.usage,
      '--expect must be a digest as this command prints it: 64 hexadecimal digits',
    );
  const checkpoint = options.checkpoint === undefined ? undefined : await readCheckpoint(options.checkpoint);
  const endpoints = await running(stateDir);
  const desk = typeof endpoints?.['desk'] === 'string' ? endpoints['desk'] : undefined;
  if (desk === undefined && expected === undefined && checkpoint === undefined)
    throw new CommandError(
      exitCodes.unreachable,
      'no desk runs with this state folder to compare with; start one with `npm start`, or say what to expect with --expect DIGEST',
    );
  const settings = requireSettings(stateDir);
  const context = contextOf({ ...settings, logLevel: 'silent' }, version, new AbortController().signal);
  const setting = logInUse(endpoints?.['eventLog']) ?? logOf(settings);
  requireFile(setting);
  const log = await openEventLog(context, setting);
  try {
    const foldTo = async (until: ReplayUntil | undefined, what: string): Promise<Folded> => {
      const result = await fold({
        log,
        stores: createMemoryReadModelFiles(),
        ...(until === undefined ? {} : { until }),
        onProgress: (events) => output.progress(`${what}: ${events} events`),
      });
      output.progress(undefined);
      if (!result.ok)
        throw new CommandError(exitCodes.unreachable, `the event log could not be read: ${result.detail}`);
      return result;
    };
    const asOf = at === undefined ? undefined : await foldTo({ time: at }, 'folding up to that time');
    if (expected !== undefined) {
      const folded = asOf ?? (await foldTo(undefined, 'folding'));
      const different = folded.digests.emergencies === expected ? [] : ['emergencies'];
      return report(output, options, folded, { emergencies: expected }, different, []);
    }
    if (checkpoint === undefined) await sayIfBehind(desk ?? '');
    const live = checkpoint ?? (await digestsOf(desk ?? ''));
    const positions = Object.fromEntries(
      live.flatMap(({ name, position }) => (position === undefined ? [] : [[name, position]])),
    );
    const whole = await foldTo(
      { positions },
      checkpoint === undefined ? 'folding what the desk has' : 'folding up to there',
    );
    const different = live.filter(({ name, digest }) => whole.digests[name as keyof Folded['digests']] !== digest);
    report(
      output,
      options,
      asOf ?? whole,
      Object.fromEntries(live.map(({ name, digest }) => [name, digest])),
      different.map(({ name }) => name),
      readModelNames.filter((name) => !live.some((one) => one.name === name)),
    );
  } finally {
    await log.close();
  }
}

/**
 * What a checkpoint says of the read models that this build makes in the same way.
 * @throws {CommandError} where it cannot be read, is none, or is of other versions of all of them
 */
async function readCheckpoint(file: string): Promise<readonly ModelAt[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCodes.usage, `--checkpoint: ${file} cannot be read (${error.code ?? 'unknown'})`);
  });
  const models = modelsOf(bytes);
  if (Object.keys(models).length === 0)
    throw new CommandError(exitCodes.usage, `--checkpoint: ${file} is no checkpoint of the record`);
  const same = readModelNames.flatMap((name) => {
    const model = models[name];
    return model !== undefined && model.version === projections[name].schema.version ? [{ name, ...model }] : [];
  });
  if (same.length === 0)
    throw new CommandError(
      exitCodes.usage,
      `--checkpoint: ${file} was made by a version whose read models are other ones; compare with that version`,
    );
  return same;
}

async function digestsOf(desk: string): Promise<readonly ModelAt[]> {
  const all: ProjectionDigest[] = [];
  for (const name of readModelNames)
    all.push(
      expectOk(
        await ask(`${desk}/api/projections/${name}/digest`, { timeoutMs: 600_000 }),
      ) as unknown as ProjectionDigest,
    );
  return all;
}

function report(
  output: ReturnType<typeof createOutput>,
  options: ReplayOptions,
  folded: Folded,
  expected: Readonly<Record<string, string>>,
  /** Names of the read models that came out otherwise. */
  different: readonly string[],
  /** Names of those of which nothing was said that could be compared. */
  notCompared: readonly string[],
): void {
  const { events, lastPosition, emergencies, digests } = folded;
  const equal = different.length === 0 && notCompared.length === 0;
  if (options.json === true)
    output.json({
      equal,
      events,
      ...(lastPosition === undefined ? {} : { lastPosition }),
      emergencies,
      digests,
      expected,
      ...(notCompared.length === 0 ? {} : { notCompared }),
    });
  else {
    output.data(`events read      ${events}`);
    output.data(`last position    ${lastPosition ?? 'start'}`);
    output.data(
      `emergencies      ${emergencies.total} (${emergencies.open} open, ${emergencies.resolved} resolved, ${emergencies.test} tests)`,
    );
    for (const [name, digest] of Object.entries(digests)) output.data(`digest           ${name.padEnd(12)} ${digest}`);
    if (equal)
      output.data(
        output.paint(
          'green',
          options.checkpoint !== undefined
            ? 'EQUAL            the log folds to what the checkpoint says'
            : options.expect === undefined
              ? 'EQUAL            the log folds to what the desk shows'
              : 'EQUAL            to the digest that was expected',
        ),
      );
    else if (different.length === 0)
      output.data(output.paint('red', 'NOT EQUAL        what was compared is equal, but not everything was compared:'));
    else {
      output.data(output.paint('red', 'DIFFERENT        the log does not fold to what was expected:'));
      for (const name of different) output.data(`expected         ${name.padEnd(12)} ${expected[name]}`);
    }
    for (const name of notCompared)
      output.data(
        `not compared     ${name.padEnd(12)} the checkpoint leaves it out, or was made by a version that makes it otherwise: compare with that version`,
      );
  }
  if (!equal) process.exitCode = exitCodes.no;
}
