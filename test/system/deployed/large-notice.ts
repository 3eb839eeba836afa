import { randomUUID, X509Certificate } from 'node:crypto';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import { ofType } from '#cli/deployed/deployed-stack.ts';
import type { Deployed } from '#cli/deployed/start-deployed.ts';
import { people, sites } from '#simulator/teams/directory.ts';
import { encryptResource } from '#simulator/teams/encrypt.ts';
import { chatMessageOf, type SimulatedCall } from '#simulator/teams/notices.ts';

/** Does what Graph does with a notice that is too large for the hub: its content to the blobs whose key the stack keeps in a vault, its name to the hub. */
export async function sendLargeNotice({ stack, services, authority }: Deployed, room: string): Promise<void> {
  const subscription = services.graph.subscriptions().find(({ target }) => target.kind === 'user-chats');
  const [caller, site] = [people[0], sites[0]];
  if (subscription === undefined || caller === undefined || site === undefined)
    throw new Error('nothing is subscribed');
  const place = { floor: 'Floor 9', room, street: 'Harbour Mill', houseNumber: '725', number: '911' };
  const call: SimulatedCall = {
    ...{ callId: randomUUID(), caller, site, ...place, at: Date.now(), phrase: 'has placed an Emergency Call' },
    ...{ chatId: `19:${randomUUID()}@thread.v2`, messageId: String(Date.now()) },
  };
  const resource = `chats('${call.chatId}')/messages('${call.messageId}')`;
  const { publicKey } = new X509Certificate(Buffer.from(subscription.encryptionCertificate ?? '', 'base64'));
  const certificate = { id: subscription.encryptionCertificateId ?? '', publicKey };
  const payload = JSON.stringify({
    resource,
    resourceData: { '@odata.type': '#Microsoft.Graph.chatMessage', '@odata.id': resource, id: call.messageId },
    encryptedContent: encryptResource(chatMessageOf(call), certificate),
  });
  const blobId = randomUUID();
  const secrets = ofType(stack, 'azure-native:keyvault:Secret').map(({ inputs }) => JSON.stringify(inputs));
  const [, account = '', key = ''] = /AccountName=([^;]+);AccountKey=([^;]+)/.exec(secrets.join()) ?? [];
  const container = containerClient(
    `https://${account}.blob.core.windows.net/microsoft-graph-change-notifications`,
    new StorageSharedKeyCredential(account, key),
    { ca: authority, addresses: services.addresses },
  );
  await container.getBlockBlobClient(blobId).upload(payload, Buffer.byteLength(payload));
  const notice = {
    ...{ subscriptionId: subscription.id, clientState: subscription.clientState, changeType: 'created' },
    ...{ tenantId: stack.tenantId, additionalPayloadStorageId: blobId },
    subscriptionExpirationDateTime: new Date(subscription.expiresAt).toISOString(),
  };
  const body = new TextEncoder().encode(JSON.stringify({ value: [notice] }));
  const sent = await services.publisher.publish([{ body, contentType: 'application/json' }]);
  if (!sent.ok) throw new Error('the hub did not take it');
}
