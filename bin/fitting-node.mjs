/**
 * Whether Tocsin can run under a Node: one that runs TypeScript without a flag, and whose SQLite never damages a database. From 3.7.0 to 3.51.2, a
 * checkpoint beside a commit of another connection could (https://www.sqlite.org/wal.html, "The WAL-Reset Bug").
 * @param {{ readonly node: string, readonly sqlite?: string }} versions as in `process.versions`
 */
export function isFitting({ node, sqlite = '0' }) {
  return isAtLeast(node, [24, 12, 0]) && isAtLeast(sqlite, [3, 51, 3]);
}

/** For people, with what they can do. */
export function complaintAbout({ node, sqlite = 'without SQLite' }) {
  return `tocsin needs Node 24.12 or later with SQLite 3.51.3 or later, as earlier ones can damage the event log; this is Node ${node} (SQLite ${sqlite}). Run "npm ci" in the project, or install the Node that its file .nvmrc names.`;
}

function isAtLeast(version, least) {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [at, wanted] of least.entries()) {
    const part = parts[at] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
