import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

/** Flags that Debian's Chromium needs as well; none of them weakens what a page may do. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A real Chromium: `TOCSIN_TEST_CHROMIUM`, else one on PATH, else the one that the package carries. Close it when done. */
export async function launchBrowser(): Promise<Browser> {
  const found = process.env['TOCSIN_TEST_CHROMIUM'] ?? onPath() ?? (await fromPackage());
  return chromium.launch({ executablePath: found, args: flags, headless: true });
}

function onPath(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
}

/** Longest that unpacking may take; a lock older than that was left by a process that died. */
const staleMs = 60_000;

/**
 * Unpacks the package's Chromium into the temporary folder once. The package itself takes a half-written file for a whole one, so only one process at a
 * time may unpack, into a folder of its own version, and what is there counts only once it is marked as complete.
 */
async function fromPackage(): Promise<string> {
  const home = join(tmpdir(), `tocsin-test-chromium-${process.getuid?.() ?? 'user'}-153`);
  const done = join(home, 'complete');
  const lock = `${home}.lock`;
  for (;;) {
    if (existsSync(done)) break;
    if (takeLock(lock)) {
      try {
        if (!existsSync(done)) await unpack(home, done);
        break;
      } finally {
        rmSync(lock, { recursive: true, force: true });
      }
    }
    await sleep(100);
  }
  addLibraries(home);
  return join(home, 'chromium');
}

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > staleMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

async function unpack(home: string, done: string): Promise<void> {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const before = process.env['TMPDIR'];
  // The package unpacks into the temporary folder and nowhere else.
  process.env['TMPDIR'] = home;
  try {
    const { default: packaged, inflate } = await import('@sparticuz/chromium');
    await packaged.executablePath();
    if (!hasNss()) await inflate(join(import.meta.dirname, '../../node_modules/@sparticuz/chromium/bin/al2023.tar.br'));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  mkdirSync(done);
}

function hasNss(): boolean {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/lib64'];
  return folders.some((folder) => existsSync(join(folder, 'libnss3.so')));
}

/** NSS where the machine has none, and the one font for machines without any. */
function addLibraries(home: string): void {
  const nss = join(home, 'al2023', 'lib');
  if (existsSync(nss))
    process.env['LD_LIBRARY_PATH'] = [nss, process.env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean).join(delimiter);
  if (!existsSync('/etc/fonts/fonts.conf') && existsSync(join(home, 'fonts')))
    process.env['FONTCONFIG_PATH'] ??= join(home, 'fonts');
}
