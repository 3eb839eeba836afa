import { buildWithGo } from '#adapters/programs/build-with-go.ts';
import type { ObtainResult } from '#adapters/programs/found.ts';
import { type FindOptions, findProgram, type ObtainOptions, obtainProgram } from '#adapters/programs/obtain-program.ts';
import { moduleFolder, pinnedVersion, wantedEngine } from './find.ts';

/** The program named in the settings, one on the PATH, or the one in the cache; nothing is built. */
export function findEngine(options: FindOptions): Promise<ObtainResult> {
  return findProgram(wantedEngine(options.env), options);
}

/**
 * Finds the engine or builds it into the cache. Never throws.
 * @param options `go`: what Go is called, for tests
 */
export function obtainEngine(options: ObtainOptions & { readonly go?: string }): Promise<ObtainResult> {
  const program = {
    ...{ what: 'the Pulumi engine', takes: 'about 6 minutes and 2.5 GB of memory', name: 'pulumi', moduleFolder },
    main: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
    // Without its version the Automation API refuses it.
    stamp: `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinnedVersion()}`,
    env: { CGO_ENABLED: '0' },
  };
  return obtainProgram(wantedEngine(options.env), options, [
    { source: 'built', get: (folder) => buildWithGo(program, { ...options, folder }) },
  ]);
}
