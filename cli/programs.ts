import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '#config/settings.ts';

/** Where programs and bundles are kept between runs, and what programs are run with. */
export interface ProgramPlace {
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Of this process: its environment is read here and handed in from here. */
export function programPlace(settings: Pick<Settings, 'cacheDir'>): ProgramPlace {
  return { cacheDir: settings.cacheDir ?? join(homedir(), '.cache', 'tocsin'), env: process.env };
}
