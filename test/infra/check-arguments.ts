import { argumentsOf, nestedOf, type Properties, type Shape } from '#test/infra/argument-types.ts';

/** What is wrong with the inputs of a resource by the declarations of its package: one sentence for each fault, its path first. */
export function checkArguments(type: string, inputs: Readonly<Record<string, unknown>>): readonly string[] {
  return checkObject(argumentsOf(type), inputs, '');
}

function checkObject(
  properties: Properties,
  inputs: Readonly<Record<string, unknown>>,
  path: string,
): readonly string[] {
  const faults: string[] = [];
  for (const [name, { required }] of properties)
    if (required && inputs[name] === undefined) faults.push(`${path}${name} is missing`);
  for (const [name, value] of Object.entries(inputs)) {
    const property = properties.get(name);
    if (value === undefined) continue;
    if (property === undefined) faults.push(`${path}${name} is not known`);
    else faults.push(...checkValue(property.shape, value, `${path}${name}`));
  }
  return faults;
}

function checkValue(shape: Shape, value: unknown, path: string): readonly string[] {
  switch (shape.kind) {
    case 'any':
      return [];
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === shape.kind ? [] : [`${path} is no ${shape.kind}`];
    case 'words':
      return typeof value === 'string' && shape.values.includes(value)
        ? []
        : [`${path} is ${JSON.stringify(value)}, none of ${shape.values.join(', ')}`];
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((one, index) => checkValue(shape.of, one, `${path}[${index}]`))
        : [`${path} is no list`];
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, one]) => checkValue(shape.of, one, `${path}.${key}`))
        : [`${path} is no map`];
    case 'object':
      return isObject(value) ? checkObject(nestedOf(shape.name), value, `${path}.`) : [`${path} is no object`];
    case 'either': {
      // Alternatives say in one property which of them is meant.
      const meant = shape.of.filter((one) => one.kind !== 'object' || isMeant(nestedOf(one.name), value));
      const tried = (meant.length > 0 ? meant : shape.of).map((one) => checkValue(one, value, path));
      return tried.some((faults) => faults.length === 0)
        ? []
        : (tried.toSorted((a, b) => a.length - b.length)[0] ?? []);
    }
  }
}

function isMeant(properties: Properties, value: unknown): boolean {
  return [...properties].every(
    ([name, { shape }]) =>
      shape.kind !== 'words' || shape.values.length !== 1 || (isObject(value) && value[name] === shape.values[0]),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
