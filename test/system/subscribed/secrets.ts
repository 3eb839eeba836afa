import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { filesBelow } from '#test/support/canaries.ts';
import { auditLines } from '#test/support/desk.ts';
import { connectOperator } from '#test/system/subscribed/operator.ts';
import { type RunningSystem, titlesOf } from '#test/system/subscribed/running-system.ts';

/** What the simulated cloud itself keeps: it is not Tocsin's. */
const cloud = ['simulator/entra.sqlite', 'simulator/event-hubs', 'simulator/graph', 'simulator/tenant', 'simulator/ca'];
const isCloud = (file: string) =>
  cloud.some((each) => file.startsWith(each)) ||
  (file.startsWith('simulator/') && !file.startsWith('simulator/event-log.db'));

/** Everything secret that the key store holds now, piece by piece. */
async function secretsOf(system: RunningSystem): Promise<readonly string[]> {
  const file = join(system.stateDir, 'keys.db');
  const secrets = createSqliteSecrets({ file, masterKeyFile: `${file}.master`, clock: systemClock, ids: systemIds });
  const found = new Set<string>();
  const names = await secrets.names('');
  if (!names.ok) throw new Error('the key store does not answer');
  for (const name of names.names) {
    const kept = await secrets.read(name);
    if (kept.ok && kept.value !== undefined) collect(Buffer.from(kept.value).toString(), found);
  }
  await secrets.close();
  return [...found];
}

/** Tokens, client states and keys in a text: JSON inside JSON, and PEM. */
function collect(text: string, found: Set<string>): void {
  if (text.includes('-----BEGIN')) {
    const key = /PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)-----END/.exec(text)?.[1]?.split('\n');
    // The first line of a key is the same in all of them.
    if (key?.[1] !== undefined) found.add(key[1]);
    return;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    if (/^[\w.~+/=-]{40,}$/.test(text)) found.add(text);
    return;
  }
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (/^[[{]/.test(value)) collect(value, found);
      else if (/secret|value|token/i.test(key) && value.length >= 40) found.add(value);
    } else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(inner, name);
  };
  walk(parsed, '');
}

/** A text in plain, and in Base64 wherever it may begin. */
function disguises(word: string): readonly Buffer[] {
  const coded = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(word)])
      .toString('base64')
      .replace(/=+$/, '');
    return Buffer.from(whole.slice(shift === 0 ? 0 : 4, -4));
  });
  return [Buffer.from(word), ...coded];
}

export function secretsStaySecret(system: () => RunningSystem): void {
  it('lets no token, client state, key or code out of the key store', async () => {
    const kept = await secretsOf(system());
    // A refresh token, six client states, and their keys.
    expect(kept.length).toBeGreaterThan(10);
    const places: [string, Buffer][] = [
      ['log', Buffer.from(system().said())],
      ['events', Buffer.from((await auditLines(system().desk())).join('\n'))],
      ['titles', Buffer.from(await titlesOf(system().process().pid))],
    ];
    const operator = await connectOperator(system());
    const histories = await operator.histories();
    await operator.close();
    expect(histories.length).toBeGreaterThanOrEqual(9);
    for (const { workflowId, bytes } of histories) places.push([`history of ${workflowId}`, bytes]);
    for (const file of filesBelow(system().stateDir)) {
      const name = relative(system().stateDir, file);
      if (!isCloud(name) && name !== 'keys.db.master') places.push([name, readFileSync(file)]);
    }
    expect(places.map(([name]) => name)).toEqual(
      expect.arrayContaining(['endpoints.json', 'temporal/temporal.db', 'simulator/event-log.db', 'keys.db']),
    );
    const leaks: string[] = [];
    for (const [index, secret] of kept.entries())
      for (const word of disguises(secret))
        for (const [name, bytes] of places)
          if (bytes.includes(word)) leaks.push(`secret ${index} (${secret.slice(0, 6)}…) in ${name}`);
    for (const code of system().codes)
      for (const [name, bytes] of places) if (bytes.includes(code)) leaks.push(`code ${code} in ${name}`);
    expect(leaks).toEqual([]);
  });
}
