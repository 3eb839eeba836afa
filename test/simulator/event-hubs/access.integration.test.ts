import { createHmac } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { JwtVerifier } from '#simulator/event-hubs/options.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { cleanup, eventually, impatient, producer, read, sas, startHub } from './support.ts';

describe('shared access signatures', () => {
  it('refuse a wrong key', async () => {
    const hub = await startHub();
    const forged = hub.connectionString.replace(sas.key, 'd3Jvbmcga2V5');
    await expect(producer(forged).sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
    expect(await read(forged, '0', earliestEventPosition).failure()).toMatchObject({ code: 'UnauthorizedError' });
    await expect(producer(forged).getEventHubProperties()).rejects.toMatchObject({ code: 'UnauthorizedError' });
    expect(hub.stats()).toMatchObject({ received: 0, publishers: 0, consumers: 0 });
  });

  it('refuse an unknown key name', async () => {
    const hub = await startHub();
    const forged = hub.connectionString.replace(`SharedAccessKeyName=${sas.keyName}`, 'SharedAccessKeyName=somebody');
    await expect(producer(forged).sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  /** A connection string that carries a ready-made signature instead of the key. */
  function signed(connectionString: string, path: string, expiresAt: number): string {
    const endpoint = /Endpoint=([^;]+);/.exec(connectionString)?.[1] ?? '';
    const resource = encodeURIComponent(`${endpoint}/${path}`);
    const expiry = Math.floor(expiresAt / 1000);
    const signature = createHmac('sha256', sas.key).update(`${resource}\n${expiry}`).digest('base64');
    const token = `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${sas.keyName}`;
    return `Endpoint=${endpoint};SharedAccessSignature=${token};UseDevelopmentEmulator=true;`;
  }

  it('open what they were signed for and nothing else', async () => {
    const hub = await startHub({
      hubs: [
        { name: 'calls', partitions: 1 },
        { name: 'others', partitions: 1 },
      ],
    });
    const later = Date.now() + 60_000;
    await producer(signed(hub.connectionString, 'calls', later)).sendBatch([{ body: 1 }]);
    const elsewhere = producer(signed(hub.connectionString, 'calls', later), impatient, 'others');
    await expect(elsewhere.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  it('are refused once they have expired, and close links that outlive them', async () => {
    const clock = createManualClock(Date.now());
    const hub = await startHub({ clock });
    const client = producer(signed(hub.connectionString, 'calls', clock.now() + 60_000));
    await client.sendBatch([{ body: 1 }]);
    clock.advance(61_000);
    await expect(client.sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
    expect(hub.stats().received).toBe(1);
    await eventually(() => hub.stats().publishers === 0, 'the link is detached');
  });
});

describe('with TLS', () => {
  const authority = createCertificateAuthority(Date.now());
  const certificate = authority.issue(['localhost', '127.0.0.1'], Date.now());
  const trusted = getCACertificates('default');
  beforeAll(() => setDefaultCACertificates([...trusted, authority.cert]));
  afterAll(() => setDefaultCACertificates(trusted));

  const verifier: JwtVerifier = async (token, audience) =>
    token === 'good'
      ? { ok: true, path: '', expiresAt: Date.now() + 3_600_000 }
      : { ok: false, reason: `InvalidToken: not for ${audience}` };
  const credential = (token: string) => ({
    getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  });

  it('takes the tokens of a credential when a verifier knows them', async () => {
    const hub = await startHub({ tls: { ...certificate, port: 0 }, jwt: verifier });
    const client = new EventHubProducerClient(`localhost:${hub.tlsPort}`, 'calls', credential('good'), impatient);
    cleanup(() => client.close());
    await client.sendBatch([{ body: 'over TLS' }]);
    expect(hub.stats().received).toBe(1);
    const stranger = new EventHubProducerClient(`localhost:${hub.tlsPort}`, 'calls', credential('bad'), impatient);
    cleanup(() => stranger.close());
    await expect(stranger.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  it('refuses every such token without a verifier', async () => {
    const hub = await startHub({ tls: { ...certificate, port: 0 } });
    const client = new EventHubProducerClient(`localhost:${hub.tlsPort}`, 'calls', credential('good'), impatient);
    cleanup(() => client.close());
    await expect(client.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  });

  it('serves AMQP over WebSockets', async () => {
    const hub = await startHub({ tls: { ...certificate, port: 0 }, webSockets: { port: 0 } });
    const overWebSockets = hub.connectionString.replace(String(hub.port), String(hub.webSocketsPort));
    const options = {
      ...impatient,
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: authority.cert } },
    };
    const client = producer(overWebSockets, options);
    await client.sendBatch([{ body: 'through 443' }], { partitionId: '0' });
    await client.sendBatch([{ body: Buffer.alloc(900_000, 1) }], { partitionId: '0' });
    const reading = read(overWebSockets, '0', earliestEventPosition, { client: options });
    const { bodies } = await reading.atLeast(2);
    expect(bodies[0]).toBe('through 443');
    expect((bodies[1] as Buffer).length).toBe(900_000);
    await reading.close();
  });

  it('balances the partitions between two consumers of a group', async () => {
    const hub = await startHub({ hubs: [{ name: 'calls', partitions: 4 }] });
    const store = memoryCheckpointStore();
    const owned = [new Set<string>(), new Set<string>()];
    for (const mine of owned) {
      const client = new EventHubConsumerClient('$Default', hub.connectionString, 'calls', store, {
        ...impatient,
        loadBalancingOptions: {
          strategy: 'greedy',
          updateIntervalInMs: 100,
          partitionOwnershipExpirationIntervalInMs: 5000,
        },
      });
      const subscription = client.subscribe(
        {
          processInitialize: async (context) => void mine.add(context.partitionId),
          processClose: async (_reason, context) => void mine.delete(context.partitionId),
          processEvents: async () => {},
          processError: async () => {},
        },
        { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
      );
      cleanup(async () => {
        await subscription.close();
        await client.close();
      });
      if (mine === owned[0]) await eventually(() => mine.size === 4, 'the first consumer has all partitions');
    }
    await eventually(() => owned.every((mine) => mine.size === 2), 'both have half of the partitions');
  });
});

/** As little as the client asks of a checkpoint store. */
function memoryCheckpointStore() {
  type Ownership = Parameters<import('@azure/event-hubs').CheckpointStore['claimOwnership']>[0][number];
  const owners = new Map<string, Ownership>();
  let version = 0;
  return {
    listOwnership: async () => [...owners.values()],
    claimOwnership: async (claims: Ownership[]) =>
      claims.flatMap((claim) => {
        if (owners.get(claim.partitionId)?.etag !== claim.etag) return [];
        const claimed = { ...claim, etag: String(++version), lastModifiedTimeInMs: Date.now() };
        owners.set(claim.partitionId, claimed);
        return [claimed];
      }),
    updateCheckpoint: async () => {},
    listCheckpoints: async () => [],
  };
}
