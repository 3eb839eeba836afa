import { createHash } from 'node:crypto';
import type { Declarations, Shape } from '#simulator/azure/declarations.ts';
import type { Bag } from '#simulator/azure/wire.ts';

/** A UUID that follows from its parts, so that a look from elsewhere finds the same. */
export function uuidOf(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\u0000')).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What the cloud adds to a resource: something of the declared kind for each output, the well-known ones as Azure says them. */
export function inventOutputs(declarations: Declarations, type: string, id: string, known: Bag): Bag {
  const invented = [...declarations.computedOf(type)].flatMap(([name, { shape }]) => {
    const value = name in known ? known[name] : inventOne(name, shape, id);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(invented), ...known };
}

function inventOne(name: string, shape: Shape, id: string): unknown {
  if (/(?:^|[a-z])(?:principalId|clientId|objectId|tenantId)$/i.test(name)) return uuidOf(id, name);
  if (/ip(?:Address)?$/i.test(name) && shape.kind === 'string') return `10.0.0.${1 + (id.length % 250)}`;
  if (name === 'provisioningState') return 'Succeeded';
  if (name === 'azureApiVersion') return '2024-01-01';
  switch (shape.kind) {
    case 'string':
      return `${name}-${uuidOf(id, name).slice(0, 8)}`;
    case 'number':
      return 1;
    case 'boolean':
      return false;
    case 'list':
      return [];
    case 'map':
      return {};
    // What is nested deeper nobody reads, but where a resource says so by itself.
    case 'words':
    case 'object':
    case 'either':
    case 'any':
      return undefined;
  }
}
