import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '#adapters/programs/run-program.ts';
import { bundleKey } from './bundle-key.ts';

export interface BundleRequest {
  /** Module that exports the workflows. */
  readonly workflowsPath: string;
  readonly interceptorModules?: readonly string[];
  /** Needed where the data converter of the worker has one. */
  readonly failureConverterPath?: string;
  /** Holds `workflow-bundles/`. */
  readonly cacheDir: string;
  /** What the bundler is run with. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface Bundle {
  /** For `workflowBundle: { codePath }`. */
  readonly codePath: string;
  /** SHA-256 of what it was made of, hexadecimal: the natural build id. */
  readonly hash: string;
}

class BundleError extends Error {
  override readonly name = 'BundleError';
}

const longestMs = 120_000;
/** Bundles that are kept, 1.7 MB each: branches of a checkout share the cache. */
const kept = 8;

/**
 * The bundle of some workflows, from the cache or made now, in another process: nothing of this one waits.
 * @throws `BundleError` with what the bundler said, when the sources cannot be bundled
 */
export async function obtainBundle(request: BundleRequest): Promise<Bundle> {
  const { workflowsPath, interceptorModules = [], failureConverterPath, cacheDir, env, signal } = request;
  const modules = [
    workflowsPath,
    ...interceptorModules,
    ...(failureConverterPath === undefined ? [] : [failureConverterPath]),
  ];
  const hash = bundleKey(modules);
  const folder = join(cacheDir, 'workflow-bundles');
  const codePath = join(folder, `${hash}.js`);
  if (existsSync(codePath)) {
    utimesSync(codePath, new Date(), new Date());
    return { codePath, hash };
  }
  mkdirSync(folder, { recursive: true });
  const output = join(folder, `${hash}.${process.pid}`);
  const options = {
    workflowsPath,
    workflowInterceptorModules: interceptorModules,
    ...(failureConverterPath !== undefined && { failureConverterPath }),
    output,
  };
  const done = await runProgram(
    process.execPath,
    [join(import.meta.dirname, 'bundle-worker.ts'), JSON.stringify(options)],
    { timeoutMs: longestMs, env: environmentOf(env), ...(signal && { signal }) },
  );
  if (!done.ok) {
    rmSync(output, { force: true });
    throw new BundleError(`the workflows cannot be bundled (${done.reason}): ${done.output.slice(-2_000)}`);
  }
  renameSync(output, codePath);
  removeOldest(folder);
  return { codePath, hash };
}

function removeOldest(folder: string): void {
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = readdirSync(folder).map((name) => join(folder, name));
  const sorted = files.sort((a, b) => age(b) - age(a));
  for (const file of sorted.slice(kept)) rmSync(file, { force: true });
}

/** Options for Node (inspectors, loaders of test runners) are for this process alone. */
function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('NODE_')));
}
