import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { type Paging, pagingOf } from '#cli/roles/channels.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { escalationRow } from '#cli/roles/escalation-row.ts';
import { readSettings } from '#config/read-settings.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

it('pages reach a receiver whose certificate is of the authority that the settings name, and no other', async () => {
  const authority = createCertificateAuthority(Date.now());
  const receiver = createServer(authority.issue(['localhost'], Date.now()), (_, response) => response.end());
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const file = `${temporaryFolder()}/authority.pem`;
  writeFileSync(file, authority.cert);

  const { port } = receiver.address() as AddressInfo;
  const named = { TOCSIN_CERTIFICATE_AUTHORITY: file };
  expect(await page(pagingTo(`https://localhost:${port}/`, named))).toEqual({
    outcome: 'accepted',
    detail: 'HTTP 200',
  });
  expect(await page(pagingTo(`https://localhost:${port}/`))).toEqual({ outcome: 'failed', detail: 'no connection' });
});

it('pages that nobody takes are trouble for operators, until one is taken', async () => {
  let status = 200;
  const receiver = createPlainServer((_, response) => response.writeHead(status).end());
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const paging = pagingTo(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  const row = (open = 1) => escalationRow({ caughtUp: true, open }, true, paging.failing());
  expect(row()).toMatchObject({ state: 'ok', word: 'pages until somebody acts' });
  status = 503;
  await page(paging);
  await page(paging);
  expect(row()).toMatchObject({ state: 'trouble', word: 'the last page did not arrive: HTTP 503' });
  expect(row(0)).toMatchObject({ state: 'warning', word: 'the last page did not arrive: HTTP 503' });
  await page(paging, AbortSignal.abort());
  expect(row()).toMatchObject({ state: 'trouble' });
  status = 202;
  await page(paging);
  expect(row()).toMatchObject({ state: 'ok' });
  expect(logged).toEqual(['a page did not arrive', 'pages arrive again']);
});

const logged: string[] = [];

function pagingTo(url: string, environment: Record<string, string> = {}): Paging {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const read = readSettings({
    environment: { TOCSIN_WEBHOOK_URL: url, TOCSIN_WEBHOOK_SECRET: secret, ...environment },
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  logged.length = 0;
  const say = (_: unknown, words: string) => void logged.push(words);
  const log = { info: say, error: say } as unknown as RunContext['log'];
  return pagingOf({ settings: read.settings, clock: systemClock, log });
}

function page({ channels }: Paging, signal = new AbortController().signal) {
  const message = { id: 'p', emergencyId: 'e', attempt: 1, urgency: 1, test: false, at: 0, call: {} };
  return channels[0]?.send(message, signal);
}
