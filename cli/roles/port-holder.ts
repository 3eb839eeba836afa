import { readdir, readFile, readlink } from 'node:fs/promises';

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

/** Who listens on a port, in brackets for a message; empty where the system does not tell. */
export async function holderOf(port: number): Promise<string> {
  const holder = await findHolder(port);
  return holder === undefined ? '' : ` (${holder})`;
}
