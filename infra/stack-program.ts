import * as authorization from '@pulumi/azure-native/authorization/index.js';
import * as azuread from '@pulumi/azuread';
import * as pulumi from '@pulumi/pulumi';
import { nameFaults, namesOf } from '#infra/names.ts';
import { createStack } from '#infra/program.ts';
import { readStackSettings } from '#infra/settings/read-stack-settings.ts';

/** Namespace of the settings of a stack: the name of the project in `Pulumi.yaml`. */
const project = 'tocsin:';

/**
 * The whole program: reads and checks the settings, asks where it is, makes everything, and returns the outputs. `pulumi up` runs it through
 * `infra/index.ts`; the Automation API can take it as an inline program. Throws one `RunError` with all faults before anything is asked or made.
 */
export async function stackProgram() {
  const given = Object.entries(pulumi.runtime.allConfig() as Record<string, string>);
  const result = readStackSettings(
    Object.fromEntries(
      given.flatMap(([key, text]) => (key.startsWith(project) ? [[key.slice(project.length), text]] : [])),
    ),
  );
  if (!result.ok) throw refused(result.faults);
  const [{ subscriptionId, tenantId }, entra] = await Promise.all([
    authorization.getClientConfig(),
    azuread.getClientConfig(),
  ]);
  const names = namesOf({ slug: result.settings.tenant, subscriptionId });
  const faults = [...nameFaults(names)];
  // Graph's own principal gets a role on the hub, and a role can be given only to principals of the subscription's directory.
  if (entra.tenantId !== tenantId)
    faults.push(`the subscription is in directory ${tenantId}, but Entra ID is signed in to ${entra.tenantId}.`);
  if (faults.length > 0) throw refused(faults);
  return createStack({ settings: result.settings, names, subscriptionId, tenantId });
}

function refused(faults: readonly string[]): pulumi.RunError {
  const title = `This stack cannot be made. Nothing was changed. ${faults.length} to put right:`;
  return new pulumi.RunError([title, ...faults.map((one) => `- ${one}`)].join('\n'));
}
