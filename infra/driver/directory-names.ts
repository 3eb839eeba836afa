import * as azuread from '@pulumi/azuread';
import * as pulumi from '@pulumi/pulumi';
import { plainInput } from '#infra/driver/plain-input.ts';

type Bag = Readonly<Record<string, unknown>>;

/** An application or a service principal, which the provider finds by what it is called. */
export interface NamedPlace {
  readonly kind: 'named';
  /** Where a person looks for it in Graph. */
  readonly path: string;
  /** Its id as the provider imports it, with words in angle brackets for what only the directory knows. */
  readonly form: string;
  /** Undefined where it was not made. Throws an `Error` in words where the directory does not say. */
  readonly id: () => Promise<string | undefined>;
}

interface NamedKind {
  readonly collection: string;
  /** The input that names it, and what Graph calls that. */
  readonly input: string;
  readonly property: string;
  readonly find: (name: string) => Promise<{ readonly id: string; readonly objectId: string }>;
  /** What the provider says where there is none ("application_data_source.go", "service_principal_data_source.go", terraform-provider-azuread). */
  readonly none: RegExp;
}

const kinds: Readonly<Record<string, NamedKind>> = {
  Application: {
    ...{ collection: '/applications', input: 'displayName', property: 'displayName' },
    find: (displayName) => azuread.getApplication({ displayName }),
    none: /\bno applications found matching filter\b/i,
  },
  ServicePrincipal: {
    ...{ collection: '/servicePrincipals', input: 'clientId', property: 'appId' },
    find: (clientId) => azuread.getServicePrincipal({ clientId }),
    none: /\bno service principals? found\b/i,
  },
};

/** Undefined for other types. */
export function namedPlace(type: string, inputs: Bag): NamedPlace | undefined {
  const named = kinds[type.split(':').at(-1) ?? ''];
  if (named === undefined) return undefined;
  const { collection, input, property } = named;
  const name = plainInput(inputs[input]);
  const place = { kind: 'named', form: `${collection}/<object id>` } as const;
  if (typeof name !== 'string' || name === '')
    return { ...place, path: collection, id: () => Promise.reject(new Error(`the state does not say its ${input}`)) };
  const path = `${collection}?$filter=${property} eq '${name.replaceAll("'", "''")}'`;
  return { ...place, path, id: () => idOf(named, name) };
}

async function idOf({ collection, find, none }: NamedKind, name: string): Promise<string | undefined> {
  try {
    const { id, objectId } = await find(name);
    return id.startsWith('/') ? id : `${collection}/${objectId}`;
  } catch (error) {
    const said = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
    // Refused, out of reach or there twice: it may have been made all the same, and forgetting it would make a second one. The form with the name in quotes
    // is that of the simulated Entra ID.
    if (!none.test(said) && !said.includes(`"${name}" was not found`))
      throw new Error(said === '' ? 'the provider does not say why' : said.slice(0, 500), { cause: error });
    // The words of the provider are for the log of the engine.
    void pulumi.log.debug(said);
    return undefined;
  }
}
