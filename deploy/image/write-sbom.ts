import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The parts of a `package.json` that decide what `npm sbom` expects. */
export interface Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/**
 * The manifest as an image has it. `npm sbom` refuses a tree whose manifest names packages that are not there, `--omit=dev` or not; so the development
 * dependencies go, but for those that an override refers to (`$name`): without them the override is void, and the tree wrong again.
 */
export function productionManifest(manifest: Manifest): Manifest {
  const referred = new Set(JSON.stringify(manifest.overrides ?? {}).match(/(?<="\$)[^"]+/g) ?? []);
  const kept = Object.entries(manifest.devDependencies ?? {}).filter(([name]) => referred.has(name));
  return { ...manifest, devDependencies: Object.fromEntries(kept) };
}

/**
 * Writes what is installed below `root` as CycloneDX. While npm works, the manifest there is the one of {@link productionManifest}.
 * @throws with what npm said when it cannot
 */
export function writeSbom(root: string, file: string): void {
  const manifestFile = join(root, 'package.json');
  const original = readFileSync(manifestFile, 'utf8');
  try {
    writeFileSync(manifestFile, JSON.stringify(productionManifest(JSON.parse(original))));
    const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
    });
    if (status !== 0) throw new Error(`npm sbom: ${stderr.slice(0, 2_000)}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stdout);
  } finally {
    writeFileSync(manifestFile, original);
  }
}

if (import.meta.main) writeSbom(process.argv[2] ?? '.', process.argv[3] ?? 'sbom.cdx.json');
