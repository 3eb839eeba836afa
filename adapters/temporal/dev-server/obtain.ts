import { buildWithGo } from '#adapters/programs/build-with-go.ts';
import type { ObtainResult } from '#adapters/programs/found.ts';
import {
  type FindOptions,
  findProgram,
  type ObtainOptions as ObtainProgramOptions,
  obtainProgram,
} from '#adapters/programs/obtain-program.ts';
import { downloadTemporal } from './download.ts';
import { moduleFolder, pinnedVersion, wantedTemporal } from './find.ts';

export interface ObtainOptions extends ObtainProgramOptions {
  /** Where to download from and what Go is called: for tests. */
  readonly downloadBase?: string;
  readonly go?: string;
}

/** The program named in the settings, one on the PATH, or the one in the cache; nothing is fetched. */
export function findTemporal(options: FindOptions): Promise<ObtainResult> {
  return findProgram(wantedTemporal(options.env), options);
}

/** Finds the Temporal command line or gets it into the cache: downloaded where there is internet, else built with Go. Never throws. */
export function obtainTemporal(options: ObtainOptions): Promise<ObtainResult> {
  const { env, onProgress, signal, downloadBase } = options;
  const version = pinnedVersion();
  const program = {
    ...{ what: 'the Temporal dev server', takes: 'about 3 minutes', name: 'temporal', moduleFolder },
    main: 'github.com/temporalio/cli/cmd/temporal',
    stamp: `github.com/temporalio/cli/internal/temporalcli.Version=${version}`,
  };
  return obtainProgram(wantedTemporal(env), options, [
    {
      source: 'download',
      get: (folder) =>
        downloadTemporal({
          ...{ folder, version, env },
          ...(downloadBase !== undefined && { base: downloadBase }),
          ...(signal && { signal }),
          onStart: () => onProgress('downloading the Temporal dev server, once'),
        }),
    },
    { source: 'built', get: (folder) => buildWithGo(program, { ...options, folder }) },
  ]);
}
