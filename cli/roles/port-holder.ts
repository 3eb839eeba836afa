import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { HostAndPort } from '#config/parsers.ts';

/** Names the process that listens on a TCP port, from /proc; undefined where the system does not tell. */
async function findHolder(port: number): Promise<string | undefined> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      // State 0A is LISTEN (Linux, include/net/tcp_states.h).
      if (fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === '0A' && fields[9] !== undefined)
        inodes.add(fields[9]);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const fd of files) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
          .replaceAll('\0', ' ')
          .trim()
          .slice(0, 120);
        return `process ${pid}: ${command}`;
      }
    }
  }
  return undefined;
}

/** What ends the program where a port is another's; the words name who holds it, where the system tells, and the remedy. */
export async function portHeld(port: number, remedy: string): Promise<CommandError> {
  const holder = await findHolder(port);
  const named = holder === undefined ? '' : ` (${holder})`;
  return new CommandError(
    exitCodes.unreachable,
    `port ${port} is held by another process${named}; end it, or set ${remedy}`,
  );
}

/**
 * Makes sure that a port can be listened on, and leaves it free.
 * @throws {CommandError} where it is another's; what else keeps from listening shows once that is done
 */
export async function requireFreePort({ host, port }: HostAndPort, remedy: string): Promise<void> {
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, host.replace(/^\[(.*)\]$/, '$1'), () => server.close(() => resolve(undefined)));
  });
  if (code === 'EADDRINUSE') throw await portHeld(port, remedy);
}
