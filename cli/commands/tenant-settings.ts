import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { type StackSettingKey, stackSettings } from '#infra/settings/schema.ts';

/** Settings of a stack as somebody gave them: plain ones, and secrets apart. */
export interface GivenStackSettings {
  readonly plain: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reads `--set name=value` and `--secret-file name=path`; all that is wrong with them is said at once. */
export function givenSettings(sets: readonly string[] = [], secretFiles: readonly string[] = []): GivenStackSettings {
  const faults: string[] = [];
  const plain: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of sets.map(split)) {
    if (!isSetting(name)) faults.push(`${name} is not a setting of a stack`);
    else if (stackSettings[name].secret)
      faults.push(
        `${name} is a secret, and command lines can be read by everybody on this machine: --secret-file ${name}=<path>`,
      );
    else plain[name] = value;
  }
  for (const [name, path] of secretFiles.map(split)) {
    if (!isSetting(name)) faults.push(`${name} is not a setting of a stack`);
    else if (!stackSettings[name].secret) faults.push(`${name} is no secret: --set ${name}=<value>`);
    else {
      try {
        secrets[name] = readFileSync(path, 'utf8').trimEnd();
      } catch {
        faults.push(`${path} cannot be read`);
      }
    }
  }
  if (faults.length > 0) throw new CommandError(exitCodes.usage, faults.join('\n'));
  return { plain, secrets };
}

function split(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

function isSetting(name: string): name is StackSettingKey {
  return Object.hasOwn(stackSettings, name);
}

/** Settings of a stack in the simulated Azure: an ordinary tenant, in production, with secrets that open nothing. */
export function simulatedSettings(slug: string): GivenStackSettings {
  const random = () => randomBytes(24);
  return {
    plain: {
      tenant: slug,
      domain: `${slug}.example`,
      region: 'swedencentral',
      dataResidency: 'eu',
      image: `ghcr.io/tocsin/tocsin@sha256:${'0'.repeat(64)}`,
      alertEmails: `it@${slug}.example`,
      serviceUser: `tocsin@${slug}.example`,
      log: 'connection',
      temporal: 'cloud',
      temporalAddress: `${slug}.simulated.tmprl.cloud:7233`,
    },
    secrets: {
      logConnection: `esdb+discover://tocsin:${random().toString('hex')}@${slug}.mesdb.eventstore.cloud:2113`,
      temporalApiKey: random().toString('base64url'),
    },
  };
}
