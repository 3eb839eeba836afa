import type { Row } from '#ports/read-model-store.ts';

/** Those of the columns that hold a number, by new names. */
export function numbers<Name extends string>(
  row: Row,
  names: Readonly<Record<Name, string>>,
): { [N in Name]?: number } {
  const found: { [N in Name]?: number } = {};
  for (const [name, column] of Object.entries(names) as [Name, string][]) {
    const value = row[column];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** Those of the columns that hold a text, by new names. */
export function texts<Name extends string>(row: Row, names: Readonly<Record<Name, string>>): { [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const [name, column] of Object.entries(names) as [Name, string][]) {
    const value = row[column];
    if (typeof value === 'string' && value !== '') found[name] = value;
  }
  return found;
}
