import { type Finding, messageOf } from '#cli/doctor/finding.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { TemporalSetting } from '#config/parsers.ts';

/** Temporal: whether it can be had, answers, and has the search attributes by which operators find what is in trouble. Starts nothing. */
export async function checkTemporal(
  context: RunContext,
  setting: TemporalSetting,
  running: string | undefined,
): Promise<Finding> {
  const check = 'temporal';
  if (setting.kind === 'off')
    return {
      ...{
        check,
        state: 'warning',
        found: 'is off: nobody signs in, nothing is subscribed or renewed, nobody is paged',
      },
      remedy: 'Set TOCSIN_TEMPORAL to host:port of a cluster, or to managed.',
    };
  const address = setting.kind === 'cluster' ? setting.address : running;
  if (address === undefined) return findProgram(context);
  const [{ createConnection }, { checkSearchAttributes }, { accessOf }] = await Promise.all([
    import('#adapters/temporal/connection.ts'),
    import('#adapters/temporal/search-attributes.ts'),
    import('#cli/roles/temporal.ts'),
  ]);
  try {
    const namespace = context.settings.temporalNamespace;
    const connection = createConnection({
      target: { address, namespace, ...accessOf(context, setting) },
      clock: context.clock,
    });
    try {
      const checked = await connection.within(5_000, () => checkSearchAttributes(connection));
      if (checked.ok) return { check, state: 'ok', found: `${address} answers; its search attributes are complete` };
      const names = [...checked.missing, ...checked.wrong].join(', ');
      return {
        ...{ check, state: 'warning', found: `search attributes are missing or of another type: ${names}` },
        remedy: 'The role `worker` registers what is missing; one of another type has to be removed by hand.',
      };
    } finally {
      await connection.close();
    }
  } catch (error) {
    return {
      ...{ check, state: 'fault', found: `${address}: ${messageOf(error)}`, exit: exitCodes.unreachable },
      remedy: 'Check TOCSIN_TEMPORAL and its TLS settings. Calls reach the desk all the same.',
    };
  }
}

async function findProgram({ settings }: RunContext): Promise<Finding> {
  const [{ findTemporal }, { programPlace }] = await Promise.all([
    import('#adapters/temporal/dev-server/obtain.ts'),
    import('#cli/programs.ts'),
  ]);
  const found = await findTemporal({
    ...programPlace(settings),
    ...(settings.temporalCli === undefined ? {} : { executable: settings.temporalCli }),
  });
  return found.ok
    ? { check: 'temporal', state: 'ok', found: `server ${found.version} can be started (${found.executable})` }
    : { check: 'temporal', state: 'warning', found: found.detail, remedy: found.remedy };
}
