import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What a platform is called by those who build binaries for it. */
export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
}

/**
 * Folders below `node_modules` that an image for this platform can do without: the Node that comes as a package (the base image has its own), and
 * Temporal's native part for other machines, of which all come in one package.
 */
export function superfluous(modules: string, { platform, arch }: Platform): readonly string[] {
  const own = rustTarget({ platform, arch });
  const bridge = join(modules, '@temporalio/core-bridge/releases');
  return [
    ...namesIn(modules)
      .filter((name) => /^node-(linux|darwin|win)-/.test(name))
      .map((name) => join(modules, name)),
    // Links into what was just removed.
    ...namesIn(join(modules, '.bin'))
      .filter((name) => name === 'node')
      .map((name) => join(modules, '.bin', name)),
    ...namesIn(bridge)
      .filter((name) => name !== own)
      .map((name) => join(bridge, name)),
  ];
}

function rustTarget({ platform, arch }: Platform): string {
  if (platform !== 'linux') throw new Error(`an image is for Linux, not for ${platform}`);
  if (arch === 'x64') return 'x86_64-unknown-linux-gnu';
  if (arch === 'arm64') return 'aarch64-unknown-linux-gnu';
  throw new Error(`nobody has built Temporal's native part for ${arch}`);
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

if (import.meta.main) {
  const root = process.argv[2] ?? '.';
  for (const folder of superfluous(join(root, 'node_modules'), process)) rmSync(folder, { recursive: true });
}
