import type { Declarations, Properties, Shape } from '#simulator/azure/declarations.ts';
import { isUnknown } from '#simulator/azure/wire.ts';

/** One thing that is wrong with the inputs of a resource. */
export interface InputFault {
  /** Path of the property, such as `sku.name`. */
  readonly property: string;
  readonly reason: string;
}

/** What is wrong with the inputs of a resource by the declarations of its package. What is not known yet is not judged. */
export function checkInputs(
  declarations: Declarations,
  type: string,
  inputs: Readonly<Record<string, unknown>>,
): readonly InputFault[] {
  const properties = declarations.argumentsOf(type);
  if (properties === undefined) return [{ property: '', reason: `there is no resource type ${type}` }];
  return checkObject(declarations, properties, inputs, '');
}

function checkObject(
  declarations: Declarations,
  properties: Properties,
  inputs: Readonly<Record<string, unknown>>,
  path: string,
): readonly InputFault[] {
  const faults: InputFault[] = [];
  for (const [name, { required }] of properties)
    if (required && (inputs[name] === undefined || inputs[name] === null))
      faults.push({ property: `${path}${name}`, reason: 'is required' });
  for (const [name, value] of Object.entries(inputs)) {
    if (value === undefined || value === null || (path === '' && name.startsWith('__'))) continue;
    const property = properties.get(name);
    if (property === undefined) faults.push({ property: `${path}${name}`, reason: 'is not known' });
    else faults.push(...checkValue(declarations, property.shape, value, `${path}${name}`));
  }
  return faults;
}

function checkValue(declarations: Declarations, shape: Shape, value: unknown, path: string): readonly InputFault[] {
  const wrong = (reason: string) => [{ property: path, reason }];
  if (isUnknown(value)) return [];
  switch (shape.kind) {
    case 'any':
      return [];
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === shape.kind ? [] : wrong(`must be a ${shape.kind}`);
    case 'words':
      return typeof value === 'string' && shape.values.includes(value)
        ? []
        : wrong(`is ${JSON.stringify(value)}; it must be one of ${shape.values.join(', ')}`);
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((one, index) => checkValue(declarations, shape.of, one, `${path}[${index}]`))
        : wrong('must be a list');
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, one]) => checkValue(declarations, shape.of, one, `${path}.${key}`))
        : wrong('must be a map');
    case 'object':
      return isObject(value)
        ? checkObject(declarations, declarations.nestedOf(shape.name), value, `${path}.`)
        : wrong('must be an object');
    case 'either': {
      const tried = shape.of.map((one) => checkValue(declarations, one, value, path));
      return tried.some((faults) => faults.length === 0)
        ? []
        : (tried.toSorted((a, b) => a.length - b.length)[0] ?? []);
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
