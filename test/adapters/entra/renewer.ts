import { createHash } from 'node:crypto';
import { createDelegatedIdentity } from '#adapters/entra/delegated-identity.ts';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { Outbound } from '#ports/outbound.ts';

/** A process that forces new tokens, told to by a message: for tests with several of them on one key store. */
process.on('message', async ({ file, masterKeyFile, authority, ca, clientId, tenantId, times }: RenewerTask) => {
  const [clock, ids] = [systemClock, systemIds];
  const secrets = createSqliteSecrets({ file, masterKeyFile, clock, ids, busyTimeoutMs: 30_000 });
  const network = createOutbound({ cloud: 'global', extraHosts: [new URL(authority).host], ca, clock });
  const links: Link[] = [];
  const outbound: Outbound = {
    async request(url, request) {
      const result = await network.request(url, request);
      const sent = new URLSearchParams(request?.body ?? '').get('refresh_token');
      if (sent !== null && result.ok) {
        const { refresh_token: got } = JSON.parse(result.text) as { refresh_token?: string };
        links.push({ from: hash(sent), to: hash(got ?? '') });
      }
      return result;
    },
  };
  const identity = createDelegatedIdentity({
    credential: 'chat',
    tenantId,
    clientId,
    authority,
    secrets,
    outbound,
    clock,
    ids,
  });
  let failures = 0;
  for (let done = 0; done < times; done += 1) {
    const result = await identity.token({ force: true });
    if (!result.ok) failures += 1;
  }
  await secrets.close();
  await network.close();
  process.send?.({ failures, links } satisfies RenewerReport, () => process.disconnect());
});
process.send?.('ready');

const hash = (token: string) => createHash('sha256').update(token).digest('hex');

export interface RenewerTask {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly authority: string;
  readonly ca: string;
  readonly clientId: string;
  readonly tenantId: string;
  readonly times: number;
}

/** One refresh: hashes of the refresh token that was sent and of the one that came back. */
export interface Link {
  readonly from: string;
  readonly to: string;
}

export interface RenewerReport {
  readonly failures: number;
  readonly links: readonly Link[];
}
