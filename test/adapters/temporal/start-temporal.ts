import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createDevServer } from '#adapters/temporal/dev-server/dev-server.ts';
import { findTemporal } from '#adapters/temporal/dev-server/obtain.ts';

/** Where programs that were fetched are kept. */
export const cacheDir =
  process.env['TOCSIN_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tocsin');

/** Set where Temporal must be there (in CI): what needs it then fails instead of being skipped. */
export const temporalIsRequired = process.env['TOCSIN_TEST_REQUIRE_TEMPORAL'] === '1';

export const quietLog = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestTemporal {
  /** host:port. */
  readonly address: string;
  readonly namespace: string;
  /** Address of the UI. */
  readonly ui: string;
  stop(): Promise<void>;
}

export interface StartTemporalOptions {
  /** Kept by the caller; a folder of its own, removed by `stop`, without it. */
  readonly stateDir?: string;
  readonly codecEndpoint?: string;
  readonly searchAttributes?: Readonly<Record<string, string>>;
  /** Default `tocsin`. */
  readonly namespace?: string;
}

/** Why there is no Temporal on this machine; undefined when there is, or when it is required. */
const absent = temporalIsRequired
  ? undefined
  : await findTemporal({ cacheDir, env: process.env, ...setting() }).then((found) =>
      found.ok ? undefined : found.detail,
    );

/** `describe` for tests on a real dev server: skipped, with the reason in its name, where there is none. */
export function describeTemporal(name: string, tests: () => void): void {
  if (absent === undefined) describe(name, tests);
  else describe.skip(`${name} (no Temporal here: ${absent})`, tests);
}

/** A dev server of its own on free ports. @throws when there is none to start */
export async function startTemporal(options: StartTemporalOptions = {}): Promise<TestTemporal> {
  const { namespace = 'tocsin', searchAttributes = {}, codecEndpoint } = options;
  const folder = options.stateDir ?? mkdtempSync(join(tmpdir(), 'tocsin-temporal-'));
  const server = createDevServer({
    cacheDir,
    env: process.env,
    stateDir: folder,
    ...setting(),
    namespace,
    ports: { grpc: 0, ui: 0 },
    ...(codecEndpoint !== undefined && { codecEndpoint }),
    searchAttributes,
    clock: systemClock,
    log: quietLog,
    onProgress() {},
  });
  const remove = () => {
    if (options.stateDir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const result = await server.start();
  if (!result.ok) {
    await server.stop();
    remove();
    throw new Error(`Temporal: ${result.reason === 'stopped' ? 'stopped' : result.detail}`);
  }
  return {
    address: result.address,
    namespace: result.namespace,
    ui: result.ui,
    async stop() {
      await server.stop();
      remove();
    },
  };
}

function setting(): { readonly executable?: string } {
  const path = process.env['TOCSIN_TEMPORAL_CLI'];
  return path === undefined ? {} : { executable: path };
}
