import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isExecutable } from '#adapters/programs/executables.ts';
import { runProgram } from '#adapters/programs/run-program.ts';
import { messageOf } from '../log.ts';

export interface DownloadOptions {
  /** An empty folder; whatever is left in it afterwards is the caller's to remove. */
  readonly folder: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** `https://temporal.download` but in tests. */
  readonly base?: string;
  readonly signal?: AbortSignal;
  readonly onStart: () => void;
}

export type DownloadResult =
  | { readonly ok: true; readonly executable: string }
  | { readonly ok: false; readonly problem: string };

/** The archive is about 60 MB. */
const mostBytes = 512 * 1024 * 1024;
const askMs = 5_000;
const fetchMs = 5 * 60_000;
/** Where Temporal keeps its archives: the service answers with an address, and it may name no other place. */
const archiveHosts = [
  'temporal.download',
  'github.com',
  'objects.githubusercontent.com',
  'release-assets.githubusercontent.com',
];

/** As the SDKs do: temporal.download says where the archive for this system is. Fails within seconds where there is no internet; never throws. */
export async function downloadTemporal(options: DownloadOptions): Promise<DownloadResult> {
  const { folder, version, env, base = 'https://temporal.download', signal, onStart } = options;
  const wanted = new URLSearchParams({
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    platform: process.platform === 'win32' ? 'windows' : process.platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': '1.24.0',
  });
  try {
    const answer = await ask(`${base}/cli/v${version}?${wanted}`, signal);
    const { archiveUrl, fileToExtract } = (await answer.json()) as { archiveUrl?: unknown; fileToExtract?: unknown };
    if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string' || !/^[\w.-]+$/.test(fileToExtract))
      return { ok: false, problem: `${base} answered something else than an archive` };
    const url = new URL(archiveUrl);
    if (url.origin !== new URL(base).origin && !isTrusted(url))
      return { ok: false, problem: `${base} named an archive at ${url.host}` };
    onStart();
    const archive = join(folder, 'temporal.tar.gz');
    await save(url, archive, signal);
    const unpacked = await runProgram('tar', ['-xzf', archive, '-C', folder, fileToExtract], {
      timeoutMs: 60_000,
      env,
      ...(signal && { signal }),
    });
    if (!unpacked.ok) return { ok: false, problem: `tar: ${unpacked.output || unpacked.reason}` };
    const executable = join(folder, fileToExtract);
    return isExecutable(executable) ? { ok: true, executable } : { ok: false, problem: 'the archive holds no program' };
  } catch (error) {
    return { ok: false, problem: `${base}: ${reasonOf(error)}` };
  }
}

function isTrusted(url: URL): boolean {
  return url.protocol === 'https:' && archiveHosts.includes(url.hostname);
}

async function ask(url: string, signal: AbortSignal | undefined): Promise<Response> {
  const answer = await fetch(url, { signal: within(askMs, signal), redirect: 'error' });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer;
}

async function save(url: URL, file: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = await fetch(url, { signal: within(fetchMs, signal) });
  const final = new URL(answer.url);
  if (!answer.ok || answer.body === null) throw new Error(`status ${answer.status}`);
  if (final.origin !== url.origin && !isTrusted(final)) throw new Error(`led away to ${final.host}`);
  let bytes = 0;
  await pipeline(
    Readable.fromWeb(answer.body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > mostBytes) throw new Error('the archive is too large');
        yield chunk;
      }
    },
    createWriteStream(file),
  );
}

function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

/** fetch says "fetch failed" and keeps the reason behind it. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
}
