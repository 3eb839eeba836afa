import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployedUnit } from '#cli/deployed/deployed-stack.ts';
import type { SimulatedServices } from '#cli/deployed/simulated-services.ts';
import { vaultAudience } from '#cli/deployed/vaults.ts';
import { secretsFolder, stateFolder } from '#infra/inside-container.ts';

/** Of this machine's environment; nothing else of it reaches a role. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'TOCSIN_CACHE_DIR'];

const filesNamed = new RegExp(`(?:${secretsFolder}/|${encodeURIComponent(`${secretsFolder}/`)})([\\w-]+)\\.pem`, 'g');

/** Folders of a unit on this machine, in place of those in a container. */
export interface UnitFolders {
  readonly state: string;
  /** Secrets as files. */
  readonly secrets: string;
}

/**
 * What its platform puts into the environment of a unit: the settings of the stack, secrets by reference read with its own identity, and the way to that
 * identity ("Manage secrets in Azure Container Apps", "Managed identities in Azure Container Apps"; a machine has the metadata service, and all secrets as
 * files, as its cloud-init puts them).
 */
export async function environmentOf(
  unit: DeployedUnit,
  { identity, vaults }: Pick<SimulatedServices, 'identity' | 'vaults'>,
  folders: UnitFolders,
): Promise<Readonly<Record<string, string>>> {
  const { clientId } = unit.identity;
  const header = identity.headerOf(clientId);
  const settings: Record<string, string> = {};
  const here = (text: string) =>
    [
      [stateFolder, folders.state] as const,
      [secretsFolder, folders.secrets] as const,
      [encodeURIComponent(secretsFolder), encodeURIComponent(folders.secrets)] as const,
    ].reduce((mapped, [inside, outside]) => mapped.replaceAll(inside, outside), text);
  for (const [name, text] of Object.entries(unit.settings)) {
    const [, kind, url = ''] = /^(secret|file):(https:.+)$/.exec(text) ?? [];
    if (kind === undefined) {
      settings[name] = here(text);
      continue;
    }
    const read = async (from: string) => vaults.readSecret(from, await tokenOf(identity.endpoint, header, clientId));
    const written = await read(url);
    const value = here(written);
    const asFile = () => writeSecret(folders.secrets, `${url.split('/').at(-1)}.pem`, value);
    // What it names in the folder of secrets stands beside it in the same vault.
    for (const [, name = ''] of written.matchAll(filesNamed))
      await writeSecret(folders.secrets, `${name}.pem`, await read(new URL(name, url).href));
    if (kind === 'file') settings[name] = await asFile();
    else if (unit.kind === 'machine') settings[`${name}_FILE`] = await asFile();
    else settings[name] = value;
  }
  return {
    ...Object.fromEntries(
      inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...(unit.kind === 'machine'
      ? { AZURE_POD_IDENTITY_AUTHORITY_HOST: identity.metadataHost }
      : { IDENTITY_ENDPOINT: identity.endpoint, IDENTITY_HEADER: header }),
    ...{ AZURE_CLIENT_ID: clientId, NO_COLOR: '1' },
    ...settings,
  };
}

async function tokenOf(endpoint: string, header: string, clientId: string): Promise<string> {
  const query = new URLSearchParams({ 'api-version': '2019-08-01', resource: vaultAudience, client_id: clientId });
  const answer = await fetch(`${endpoint}?${query}`, { headers: { 'x-identity-header': header } });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the identity endpoint answers ${answer.status}`);
  return token;
}

async function writeSecret(folder: string, name: string, value: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, name);
  await writeFile(file, value, { mode: 0o600 });
  return file;
}
