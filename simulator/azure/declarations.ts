import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type TS from '../../infra/policy/node_modules/typescript/lib/typescript.js';

/**
 * What a resource takes and what it answers, read from the declarations of the npm packages: they hold no schema. The syntax is read, not the checker's
 * types, which turn `string | enums.x.Y` into `string`, so that the words are lost. TypeScript 5 reads it; later versions have no parser to call.
 */
export type Shape =
  | { readonly kind: 'any' | 'string' | 'number' | 'boolean' }
  | { readonly kind: 'words'; readonly values: readonly string[] }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'either'; readonly of: readonly Shape[] };

export type Properties = ReadonlyMap<string, { readonly required: boolean; readonly shape: Shape }>;

/**
 * Words that the packages have wrong: two enumerations of one name fell into one. Those of the REST reference ("Scheduled Query Rules - Create Or Update",
 * learn.microsoft.com).
 */
const corrected: Readonly<Record<string, readonly string[]>> = {
  'monitor.ConditionOperator': ['Equals', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual'],
};

/** Enumerations that Azure has outgrown: sizes of machines are found by an API of their own, says the declaration itself. */
const outgrown: readonly string[] = ['compute.VirtualMachineSizeTypes'];

/** Reads declarations; what was read once is kept. */
export interface Declarations {
  /** What the constructor of a resource type (`azure-native:eventhub:Namespace`) takes; undefined for a type that the packages do not have. */
  argumentsOf(type: string): Properties | undefined;
  /** What a nested argument type takes, by the name that a {@link Shape} of kind `object` has. */
  nestedOf(name: string): Properties;
  /** Outputs that are no arguments: what only the cloud can say. */
  computedOf(type: string): Properties;
}

type Package = 'azure-native' | 'azuread';
type Parser = typeof TS;

/** The parser is a megabyte-sized module: it is loaded when the first declaration is asked for. */
export function createDeclarations(): Declarations {
  const require = createRequire(import.meta.url);
  let parser: Parser | undefined;
  const load = (): Parser => {
    parser ??= require('../../infra/policy/node_modules/typescript/lib/typescript.js') as Parser;
    return parser;
  };
  const folder = (owner: Package) => dirname(require.resolve(`@pulumi/${owner}/package.json`));
  const sources = new Map<string, TS.SourceFile>();
  const indexes = new Map<string, ReadonlyMap<string, TS.InterfaceDeclaration>>();

  const text = kept(textOfFile);

  /** @param namespace this one alone: `azure-native` declares 249 in a file of 7.6 MB, of which a stack needs a dozen */
  const source = (file: string, namespace?: string): TS.SourceFile => {
    const name = keyOf(file, namespace);
    const known = sources.get(name);
    if (known !== undefined) return known;
    const ts = load();
    const declared = namespace === undefined ? text(file) : declarationOf(text(file), namespace);
    const made = ts.createSourceFile(file, declared, ts.ScriptTarget.ES2022, false);
    sources.set(name, made);
    return made;
  };

  const interfaces = (file: string, namespace?: string): ReadonlyMap<string, TS.InterfaceDeclaration> => {
    const name = keyOf(file, namespace);
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const ts = load();
    const found = new Map<string, TS.InterfaceDeclaration>();
    const visit = (statement: TS.Statement, before: string) => {
      if (ts.isInterfaceDeclaration(statement)) found.set(before + statement.name.text, statement);
      else if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body))
        for (const inner of statement.body.statements) visit(inner, `${before}${statement.name.text}.`);
    };
    for (const statement of source(file, namespace).statements) visit(statement, '');
    indexes.set(name, found);
    return found;
  };

  const words = (owner: Package, path: string): readonly string[] => {
    const ts = load();
    const at = path.lastIndexOf('.');
    const file = join(folder(owner), 'types/enums', path.slice(0, Math.max(at, 0)), 'index.d.ts');
    for (const statement of source(file).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const declared = statement.declarationList.declarations.find(
        (one) => ts.isIdentifier(one.name) && one.name.text === path.slice(at + 1),
      );
      if (declared?.type === undefined || !ts.isTypeLiteralNode(declared.type)) continue;
      return declared.type.members.flatMap((member) =>
        ts.isPropertySignature(member) &&
        member.type !== undefined &&
        ts.isLiteralTypeNode(member.type) &&
        ts.isStringLiteral(member.type.literal)
          ? [member.type.literal.text]
          : [],
      );
    }
    return [];
  };

  const shapeOf = (owner: Package, node: TS.TypeNode): Shape => {
    const ts = load();
    if (ts.isUnionTypeNode(node)) {
      const parts = node.types
        .filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword)
        .map((part) => shapeOf(owner, part));
      const hasWords = parts.some((part) => part.kind === 'words');
      const rest = hasWords ? parts.filter((part) => part.kind !== 'string') : parts;
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
    if (ts.isTypeReferenceNode(node)) {
      const name = textOf(ts, node.typeName);
      const [argument] = node.typeArguments ?? [];
      if ((name === 'pulumi.Input' || name === 'pulumi.Output') && argument !== undefined)
        return shapeOf(owner, argument);
      if (name.startsWith('inputs.')) return { kind: 'object', name: `${owner}:${name.slice('inputs.'.length)}` };
      if (name.startsWith('enums.')) {
        const path = name.slice('enums.'.length);
        if (outgrown.includes(path)) return { kind: 'string' };
        const values = corrected[path] ?? words(owner, path);
        return values.length > 0 ? { kind: 'words', values } : { kind: 'any' };
      }
      return { kind: 'any' };
    }
    if (node.kind === ts.SyntaxKind.StringKeyword) return { kind: 'string' };
    if (node.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'number' };
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' };
    return { kind: 'any' };
  };

  const propertiesOf = (owner: Package, members: Iterable<TS.Node>): Properties => {
    const ts = load();
    const found = new Map<string, { required: boolean; shape: Shape }>();
    for (const member of members) {
      if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member)) continue;
      if (member.type === undefined || !(ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))) continue;
      found.set(member.name.text, {
        required: member.questionToken === undefined,
        shape: shapeOf(owner, member.type),
      });
    }
    return found;
  };

  const place = (type: string) => {
    const [owner = '', path = '', name = ''] = type.split(':');
    if (owner !== 'azure-native' && owner !== 'azuread') return undefined;
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.d.ts`;
    return { owner, name, file: join(folder(owner), owner === 'azuread' ? file : join(path, file)) } as const;
  };

  const argumentsOf = kept((type: string): Properties | undefined => {
    const at = place(type);
    const declared = at === undefined ? undefined : interfaces(at.file).get(`${at.name}Args`);
    return at === undefined || declared === undefined ? undefined : propertiesOf(at.owner, declared.members);
  });

  return {
    argumentsOf,
    nestedOf: kept((name: string): Properties => {
      const [owner = 'azuread', path = ''] = name.split(':') as [Package, string];
      const [namespace, ...rest] = path.split('.');
      const file = join(folder(owner), 'types/input.d.ts');
      const declared = interfaces(file, rest.length === 0 ? undefined : namespace).get(path);
      if (declared === undefined) throw new Error(`the package of ${owner} has no argument type ${path}`);
      return propertiesOf(owner, declared.members);
    }),
    computedOf: kept((type: string): Properties => {
      const ts = load();
      const at = place(type);
      const given = argumentsOf(type);
      if (at === undefined || given === undefined) return new Map();
      const declared = source(at.file).statements.find(
        (one): one is TS.ClassDeclaration => ts.isClassDeclaration(one) && one.name?.text === at.name,
      );
      const all = propertiesOf(at.owner, declared?.members ?? []);
      return new Map([...all].filter(([name]) => !given.has(name)));
    }),
  };
}

function keyOf(file: string, namespace: string | undefined): string {
  return namespace === undefined ? file : `${file}#${namespace}`;
}

/** Asks once for each key. */
function kept<T>(read: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key: string): T => {
    const value = known.has(key) ? (known.get(key) as T) : read(key);
    known.set(key, value);
    return value;
  };
}

/** Empty for a type that the packages do not have. */
function textOfFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The compiler that wrote the file indents whatever is inside: the next brace at the beginning of a line ends the namespace. */
function declarationOf(text: string, namespace: string): string {
  const start = text.indexOf(`\nexport declare namespace ${namespace} {\n`);
  return start === -1 ? '' : text.slice(start, text.indexOf('\n}\n', start) + 3);
}

function textOf(ts: Parser, name: TS.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${textOf(ts, name.left)}.${name.right.text}`;
}
