import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type TS from '../../infra/policy/node_modules/typescript/lib/typescript.js';

/**
 * What a resource accepts, read from the declarations of the npm packages (they hold no schema). The syntax is read, not the checker's types: those
 * turn `string | enums.x.Y` into `string`, and the values are lost. TypeScript 5 reads it, because TypeScript 7 has no parser to call.
 */
export type Shape =
  | { readonly kind: 'any' | 'string' | 'number' | 'boolean' }
  | { readonly kind: 'words'; readonly values: readonly string[] }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'either'; readonly of: readonly Shape[] };

export type Properties = ReadonlyMap<string, { readonly required: boolean; readonly shape: Shape }>;

const require = createRequire(import.meta.url);
const ts = require('../../infra/policy/node_modules/typescript/lib/typescript.js') as typeof TS;
const packages = { 'azure-native': folder('@pulumi/azure-native'), azuread: folder('@pulumi/azuread') } as const;
type Package = keyof typeof packages;

const sources = new Map<string, TS.SourceFile>();
const indexes = new Map<string, ReadonlyMap<string, TS.InterfaceDeclaration>>();

function folder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function source(file: string): TS.SourceFile {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, false);
  sources.set(file, parsed);
  return parsed;
}

/** Interfaces of a file by name, those of namespaces with `namespace.` before it. */
function interfaces(file: string): ReadonlyMap<string, TS.InterfaceDeclaration> {
  const known = indexes.get(file);
  if (known !== undefined) return known;
  const found = new Map<string, TS.InterfaceDeclaration>();
  const visit = (statement: TS.Statement, before: string) => {
    if (ts.isInterfaceDeclaration(statement)) found.set(before + statement.name.text, statement);
    else if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body))
      for (const inner of statement.body.statements) visit(inner, `${before}${statement.name.text}.`);
  };
  for (const statement of source(file).statements) visit(statement, '');
  indexes.set(file, found);
  return found;
}

/** `azure-native:eventhub:Namespace` or `azuread:index/application:Application`. */
function place(type: string): { readonly owner: Package; readonly file: string; readonly args: string } {
  const [first = '', path = '', name = ''] = type.split(':');
  const owner = (Object.keys(packages) as Package[]).find((one) => one === first);
  if (owner === undefined) throw new Error(`${type} is of no known provider`);
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  const inside = owner === 'azuread' ? `${file}.d.ts` : join(path, `${file}.d.ts`);
  return { owner, file: join(packages[owner], inside), args: `${name}Args` };
}

/** What the constructor of a resource type takes. */
export function argumentsOf(type: string): Properties {
  const { owner, file, args } = place(type);
  const declaration = interfaces(file).get(args);
  if (declaration === undefined) throw new Error(`${type} has no ${args} in ${file}`);
  return propertiesOf(owner, declaration);
}

/** What a nested argument type takes; names as {@link Shape} gives them: `azure-native:eventhub.SkuArgs`. */
export function nestedOf(name: string): Properties {
  const owner = name.slice(0, name.indexOf(':')) as Package;
  const path = name.slice(owner.length + 1);
  const declaration = interfaces(join(packages[owner], 'types/input.d.ts')).get(path);
  if (declaration === undefined) throw new Error(`no argument type ${name}`);
  return propertiesOf(owner, declaration);
}

function propertiesOf(owner: Package, declaration: TS.InterfaceDeclaration): Properties {
  return new Map(
    declaration.members.flatMap((member) =>
      ts.isPropertySignature(member) &&
      member.type !== undefined &&
      (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))
        ? [
            [
              member.name.text,
              { required: member.questionToken === undefined, shape: shapeOf(owner, member.type) },
            ] as const,
          ]
        : [],
    ),
  );
}

function shapeOf(owner: Package, node: TS.TypeNode): Shape {
  if (ts.isUnionTypeNode(node)) {
    const parts = node.types
      .filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword)
      .map((part) => shapeOf(owner, part));
    // `string | enums.x.Y`: Azure may know more words than the package, the stack uses none of those.
    const words = parts.filter((part) => part.kind === 'words');
    const rest = words.length > 0 ? parts.filter((part) => part.kind !== 'string') : parts;
    const [only, ...more] = rest;
    return only !== undefined && more.length === 0 ? only : { kind: 'either', of: rest };
  }
  if (ts.isArrayTypeNode(node)) return { kind: 'list', of: shapeOf(owner, node.elementType) };
  if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal))
    return { kind: 'words', values: [node.literal.text] };
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    return index === undefined ? { kind: 'any' } : { kind: 'map', of: shapeOf(owner, index.type) };
  }
  if (ts.isTypeReferenceNode(node)) return referenced(owner, node);
  if (node.kind === ts.SyntaxKind.StringKeyword) return { kind: 'string' };
  if (node.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'number' };
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' };
  return { kind: 'any' };
}

function referenced(owner: Package, node: TS.TypeReferenceNode): Shape {
  const name = nameOf(node.typeName);
  const [argument] = node.typeArguments ?? [];
  if (name === 'pulumi.Input' && argument !== undefined) return shapeOf(owner, argument);
  if (name.startsWith('inputs.')) return { kind: 'object', name: `${owner}:${name.slice('inputs.'.length)}` };
  if (outdated.includes(name)) return { kind: 'string' };
  if (name.startsWith('enums.')) return { kind: 'words', values: corrected(owner, name.slice('enums.'.length)) };
  return { kind: 'any' };
}

function nameOf(name: TS.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${nameOf(name.left)}.${name.right.text}`;
}

/** Enumerations that Azure has long outgrown: sizes of machines are found by an API of their own, says the declaration itself. */
const outdated: readonly string[] = ['enums.compute.VirtualMachineSizeTypes'];

/** Enumerations of which the package holds another one with the same name; these are the words of the service's REST reference. */
const mistaken: Readonly<Record<string, readonly string[]>> = {
  'monitor.ConditionOperator': ['Equals', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual'],
};

const corrected = (owner: Package, path: string): readonly string[] => mistaken[path] ?? words(owner, path);

/** The words of an enumeration, from `export declare const X: { readonly A: "a"; … }`. */
function words(owner: Package, path: string): readonly string[] {
  const at = path.lastIndexOf('.');
  const file = join(packages[owner], 'types/enums', path.slice(0, Math.max(at, 0)), 'index.d.ts');
  const name = path.slice(at + 1);
  for (const statement of source(file).statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const declaration = statement.declarationList.declarations.find(
      (one) => ts.isIdentifier(one.name) && one.name.text === name,
    );
    if (declaration?.type === undefined || !ts.isTypeLiteralNode(declaration.type)) continue;
    return declaration.type.members.flatMap((member) =>
      ts.isPropertySignature(member) &&
      member.type !== undefined &&
      ts.isLiteralTypeNode(member.type) &&
      ts.isStringLiteral(member.type.literal)
        ? [member.type.literal.text]
        : [],
    );
  }
  throw new Error(`no enumeration ${path} in ${file}`);
}
