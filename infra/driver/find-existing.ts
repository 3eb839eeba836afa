import * as authorization from '@pulumi/azure-native/authorization/index.js';
import { armId } from '#infra/driver/arm-ids.ts';
import { directoryPlace, type ReadDirectory } from '#infra/driver/directory-ids.ts';
import { namedPlace } from '#infra/driver/directory-names.ts';
import { createGraphReader } from '#infra/driver/graph-reader.ts';

/** A resource of which nobody knows whether it was made. */
export interface Doubtful {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** URN; absent for what stands at the top. */
  readonly parent?: string;
}

/** A resource of which the directory does not say whether it was made. */
export interface Unclear {
  readonly of: Doubtful;
  readonly why: string;
  /** Where a person looks for it, as an address of Graph. */
  readonly address: string;
  /** Its id as the provider imports it, as far as that is known. */
  readonly form: string;
}

/** `ids` by URN; what is in neither was not made. */
export interface Existing {
  readonly ids: Readonly<Record<string, string>>;
  readonly unclear: readonly Unclear[];
}

export interface FindExistingDeps {
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Of Graph, with its version; Microsoft's where it is absent. */
  readonly graphUrl?: string;
}

const microsoftGraph = 'https://graph.microsoft.com';

/**
 * Asks the cloud, with the sign-in of the providers, which doubtful resources there are; it runs inside a program. In Azure the name says the id, so what
 * is not there shows when it is read; the directory invents ids and has to be asked: for applications and service principals by name, for what belongs to
 * them by what it is.
 */
export async function findExisting(doubtful: readonly Doubtful[], deps: FindExistingDeps): Promise<Existing> {
  const { subscriptionId } = await authorization.getClientConfig();
  const { graphUrl = `${microsoftGraph}/v1.0`, sleep } = deps;
  const read = createGraphReader({
    ...{ url: graphUrl, sleep },
    token: async () => (await authorization.getClientToken({ endpoint: microsoftGraph })).token,
  });
  const ids: Record<string, string> = {};
  const unclear: Unclear[] = [];
  await Promise.all(
    doubtful.map(async (of) => {
      const { urn, type, inputs = {} } = of;
      const found = type.startsWith('azuread:')
        ? await idInDirectory(of, inputs, read, graphUrl)
        : armId(type, inputs, subscriptionId);
      if (typeof found === 'string') ids[urn] = found;
      else if (found !== undefined) unclear.push(found);
    }),
  );
  return { ids, unclear };
}

async function idInDirectory(
  of: Doubtful,
  inputs: Readonly<Record<string, unknown>>,
  read: ReadDirectory,
  graphUrl: string,
): Promise<string | Unclear | undefined> {
  const place = directoryPlace(of.type, inputs) ?? namedPlace(of.type, inputs);
  if (place === undefined) return undefined;
  if (place.kind === 'known') return place.id;
  const unsaid = (why: string): Unclear => ({ of, why, address: `${graphUrl}${place.path}`, form: place.form });
  try {
    if (place.kind === 'named') return await place.id();
    const answer = await read(place.path);
    const [id, ...others] = answer === undefined ? [] : place.idsIn(answer);
    return others.length === 0 ? id : unsaid(`it is there ${others.length + 1} times`);
  } catch (error) {
    return unsaid(error instanceof Error ? error.message : String(error));
  }
}

/** What a person does about resources that the directory does not speak of, as lines; the commands are run where `Pulumi.yaml` is. */
export function remedyLines(unclear: readonly Unclear[]): readonly string[] {
  const [first] = unclear;
  if (first === undefined) return [];
  const stack = first.of.urn.split('::')[0]?.split(':').at(-1) ?? '';
  return [
    ...unclear.flatMap(({ of, why, address, form }) => {
      const parent = of.parent === undefined ? '' : ` --parent 'parent=${of.parent}'`;
      return [
        `${nameOf(of.urn)}: ${why}`,
        `  look whether it is there: az rest --method get --url "${address.replaceAll('$', '\\$')}"`,
        `  where it is: pulumi import ${of.type} ${nameOf(of.urn)} '${form}' --stack ${stack}${parent} --protect=false --generate-code=false`,
      ];
    }),
    'Sign in as somebody who may read applications in Entra ID and run the same command again: then it looks by itself. Otherwise import what is there, as above.',
    `Where none of these is there, this forgets every creation whose end is not known: pulumi refresh --clear-pending-creates --stack ${stack}`,
  ];
}

function nameOf(urn: string): string {
  return urn.split('::').at(-1) ?? urn;
}
