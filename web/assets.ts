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
export type Assets = ReadonlyMap<string, Asset>;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
};

/** Pure files of other folders that pages run as well, and what they are called there. */
const shared = [['#domain/notices/reasons.ts', 'reasons']] as const;

/** Reads `web/browser` and `web/static` once and makes JavaScript of TypeScript: there is no build step, and no file is looked up by a request's path. */
export function loadAssets(): Assets {
  const assets = new Map<string, Asset>();
  const folder = (name: string) => fileURLToPath(new URL(`./${name}/`, import.meta.url));
  for (const file of readdirSync(folder('static'))) {
    const type = contentTypes[file.slice(file.lastIndexOf('.') + 1)];
    if (type !== undefined) assets.set(file, asset(readFileSync(folder('static') + file), type));
  }
  for (const file of readdirSync(folder('browser')).filter((name) => name.endsWith('.ts'))) {
    const script = toJavaScript(readFileSync(folder('browser') + file, 'utf8'));
    assets.set(file.replace(/\.ts$/, '.js'), asset(Buffer.from(script), contentTypes['js'] ?? ''));
  }
  for (const [specifier, name] of shared) {
    const source = fileURLToPath(new URL(`../${specifier.slice(1)}`, import.meta.url));
    assets.set(`${name}.js`, asset(Buffer.from(toJavaScript(readFileSync(source, 'utf8'))), contentTypes['js'] ?? ''));
  }
  return assets;
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
