import { type Finding, timeoutMs } from '#cli/doctor/finding.ts';
import { checkHub } from '#cli/doctor/hub.ts';
import { checkStorage } from '#cli/doctor/storage.ts';
import { checkTemporal } from '#cli/doctor/temporal.ts';
import { checkTenant } from '#cli/doctor/tenant.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { ask } from '#cli/http.ts';
import { createOutput, printable } from '#cli/output.ts';
import { contextOf } from '#cli/roles/context.ts';
import { running } from '#cli/running.ts';
import type { SettingFlags } from '#cli/setting-flags.ts';
import { loadSettings, settingsFrom } from '#cli/settings.ts';
import { version } from '#cli/version.ts';
import type { ReadSettingsResult } from '#config/read-settings.ts';
import { settings as declared, type Settings } from '#config/settings.ts';

/** `tocsin doctor`: every setting and service, each fault in plain words with what to do. Changes nothing. */
export async function doctor(
  options: { readonly json?: boolean; readonly simulate?: boolean },
  flags: SettingFlags,
): Promise<void> {
  const output = createOutput();
  const read = await effectiveSettings(flags, options.simulate === true);
  output.progress('asking the services …');
  const findings = read.ok
    ? [
        {
          check: 'settings',
          state: 'ok' as const,
          found: `${read.shown.size} of ${Object.keys(declared).length} settings have a value`,
        },
        ...(await checkServices(read.settings, options.simulate === true)),
      ]
    : read.problems.map((found): Finding => {
        const remedy = 'See docs/settings.md.';
        return { check: 'settings', state: 'fault', found, remedy, exit: exitCodes.settings };
      });
  output.progress(undefined);
  if (options.json === true)
    output.json({ version, findings, ...(read.ok ? { settings: Object.fromEntries(read.shown) } : {}) });
  else for (const finding of findings) print(output, finding);
  process.exitCode = findings.find(({ state }) => state === 'fault')?.exit ?? exitCodes.done;
}

function print(output: ReturnType<typeof createOutput>, { check, state, found, remedy }: Finding): void {
  const word = {
    ok: output.paint('green', 'ok     '),
    warning: output.paint('yellow', 'warning'),
    fault: output.paint('red', 'FAULT  '),
  }[state];
  output.data(`${word}  ${check.padEnd(18)} ${printable(found)}`);
  if (remedy !== undefined) output.data(`${' '.repeat(28)}${output.paint('dim', `-> ${printable(remedy)}`)}`);
}

/** The settings of this process; where simulators run and no other hub was named, completed with what points at those. */
async function effectiveSettings(flags: SettingFlags, simulate: boolean): Promise<ReadSettingsResult> {
  const own = loadSettings(flags);
  if (!own.ok || (!simulate && own.settings.eventHubs !== undefined)) return own;
  const simulator = (await running(flags.stateDir))?.['simulator'];
  if (typeof simulator !== 'string') return own;
  const answer = await ask(`${simulator}/settings`, { timeoutMs }).catch(() => undefined);
  const { body } = answer ?? {};
  if (answer?.status !== 200 || typeof body !== 'object' || body === null || Array.isArray(body)) return own;
  return settingsFrom({ ...(body as Record<string, string>), ...process.env }, flags);
}

async function checkServices(settings: Settings, simulate: boolean): Promise<Finding[]> {
  const context = contextOf({ ...settings, logLevel: 'silent' }, version, new AbortController().signal);
  await using stack = new AsyncDisposableStack();
  const temporal = (await running(settings.stateDir))?.['temporal'];
  return [
    ...(await checkStorage(context, stack)),
    ...(await checkHub(context, simulate, stack)),
    ...(simulate && settings.tenant === undefined ? [] : await checkTenant(context, stack)),
    await checkTemporal(
      context,
      settings.temporal ?? { kind: simulate || temporal !== undefined ? 'managed' : 'off' },
      typeof temporal === 'string' ? temporal : undefined,
    ),
  ];
}
