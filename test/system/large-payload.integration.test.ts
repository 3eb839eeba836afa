import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it, onTestFinished } from 'vitest';
import { people, sites } from '#simulator/teams/directory.ts';
import { encryptResource } from '#simulator/teams/encrypt.ts';
import { chatMessageOf, type SimulatedCall } from '#simulator/teams/notices.ts';
import { openTenant } from '#simulator/teams/tenant.ts';
import { startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin } from '#test/support/tocsin-process.ts';

const container = 'microsoft-graph-change-notifications';

describe('a notice whose content went to a blob', () => {
  it('waits visibly as referred, is fetched, goes through the hub as ours, and is an emergency like any other', {
    timeout: 120_000,
  }, async () => {
    const azurite = await startAzurite();
    onTestFinished(() => azurite.stop());
    const folder = temporaryFolder();
    const system = await startTocsin(folder, ['--simulate'], { TOCSIN_LARGE_PAYLOADS: azurite.connectionString });
    const tenant = await openTenant(`${folder}/simulator`);
    const subscription = tenant.subscriptions.find(({ feed }) => feed === 'chat');
    const [caller, site] = [people[0], sites[0]];
    if (subscription === undefined || caller === undefined || site === undefined)
      throw new Error('the simulated tenant is empty');
    const call: SimulatedCall = {
      ...{
        callId: randomUUID(),
        caller,
        site,
        number: '911',
        floor: 'Floor 9',
        room: 'Room 9001',
        street: 'Harbour Mill',
        houseNumber: '725',
      },
      ...{
        at: Date.now(),
        chatId: `19:${randomUUID()}@thread.v2`,
        messageId: String(Date.now()),
        phrase: 'has placed an Emergency Call',
      },
    };
    const resource = `chats('${call.chatId}')/messages('${call.messageId}')`;
    const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(container);
    await blobs.createIfNotExists();
    const payload = JSON.stringify({
      resource,
      resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': resource, id: call.messageId },
      encryptedContent: encryptResource(chatMessageOf(call), tenant.certificate),
    });
    const blobId = randomUUID();
    const notice = {
      ...{
        subscriptionId: subscription.id,
        clientState: subscription.clientState,
        changeType: 'created',
        tenantId: tenant.id,
      },
      ...{
        subscriptionExpirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
        additionalPayloadStorageId: blobId,
      },
    };
    await blobs.getBlockBlobClient(blobId).upload(payload, Buffer.byteLength(payload));
    const producer = new EventHubProducerClient(system.endpoints['eventHubs'] ?? '', 'teams-emergency');
    onTestFinished(() => producer.close());
    await producer.sendBatch([{ body: { value: [notice] } }]);

    const emergency = await eventually('the call is on the board', async () => {
      const answer = await fetch(`${system.endpoints['desk']}/api/emergencies`);
      const { items } = (await answer.json()) as { items: { verified: boolean; location?: { room?: string } }[] };
      return items[0];
    });
    expect(emergency).toMatchObject({
      verified: true,
      caller: { name: caller.displayName },
      location: { room: 'Room 9001' },
    });
    const audit = await (await fetch(`${system.endpoints['desk']}/api/audit?limit=1000`)).text();
    const inbox = audit
      .split('\n')
      .filter((line) => line !== '')
      .map(
        (line) =>
          JSON.parse(line) as {
            stream: string;
            data: { tocsincontent?: string; tocsinrecovered?: boolean; type?: string };
          },
      )
      .filter(({ stream }) => stream.startsWith('inbox-'));
    expect(inbox.map(({ data }) => [data.tocsincontent, data.tocsinrecovered ?? false, data.type])).toEqual([
      ['referred', false, 'Microsoft.Graph.ChatMessageCreated'],
      ['inline', true, 'Microsoft.Graph.ChatMessageCreated'],
    ]);
    expect(readFileSync(`${folder}/endpoints.json`, 'utf8')).not.toContain('AccountKey');
  });
});
