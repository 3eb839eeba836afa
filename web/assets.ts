import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

/** One file that browsers fetch. */
interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Strong validator (RFC 9110 section 8.8.3), quotes included. */
  readonly etag: string;
}

/** Files by their name under `/assets/`. */
export type Assets = Pick<ReadonlyMap<string, Asset>, 'get'>;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
};

/** Pure files of other folders that pages run as well, and what they are called there. */
const shared = [['#domain/notices/reasons.ts', 'reasons']] as const;

/**
 * Reads `web/browser` and `web/static` once: there is no build step, and no file is looked up by a request's path. JavaScript is made of TypeScript when a script is
 * first asked for, as making all of them takes a tenth of a second of every start.
 */
export function loadAssets(): Assets {
  const makers = new Map<string, () => Asset>();
  const folder = (name: string) => fileURLToPath(new URL(`./${name}/`, import.meta.url));
  for (const file of readdirSync(folder('static'))) {
    const type = contentTypes[file.slice(file.lastIndexOf('.') + 1)];
    if (type === undefined) continue;
    const made = asset(readFileSync(folder('static') + file), type);
    makers.set(file, () => made);
  }
  for (const file of readdirSync(folder('browser')).filter((name) => name.endsWith('.ts')))
    makers.set(file.replace(/\.ts$/, '.js'), script(folder('browser') + file));
  for (const [specifier, name] of shared)
    makers.set(`${name}.js`, script(fileURLToPath(new URL(`../${specifier.slice(1)}`, import.meta.url))));
  return { get: (name) => makers.get(name)?.() };
}

function script(file: string): () => Asset {
  const source = readFileSync(file, 'utf8');
  let made: Asset | undefined;
  return () => {
    made ??= asset(Buffer.from(toJavaScript(source)), contentTypes['js'] ?? '');
    return made;
  };
}

function asset(content: Buffer, contentType: string): Asset {
  const body = new Uint8Array(content);
  return { body, contentType, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** Types are blanked out, so lines and columns stay those of the source; what is imported is named as it is served. */
function toJavaScript(source: string): string {
  const script = shared.reduce(
    (text, [specifier, name]) => text.replaceAll(`'${specifier}'`, `'./${name}.js'`),
    quietly(() => stripTypeScriptTypes(source)),
  );
  return script.replaceAll(/(from|import)( *\(?)'(\.\/[\w-]+)\.ts'/g, "$1$2'$3.js'");
}

/** Node calls this function experimental in a warning on stderr, which says nothing to those who run a desk. */
function quietly<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
