import { describe, expect, it } from 'vitest';
import { createConsumerClient, createProducerClient, namespaceHost } from '#adapters/event-hubs/connection.ts';

const key = 'SharedAccessKeyName=n;SharedAccessKey=TOPSECRET=';
const settings = (value: string, hub = 'notices') =>
  ({ connection: { kind: 'connection-string', value }, hub, transport: 'amqp', timeoutMs: 100 }) as const;
const credential = { getToken: () => Promise.resolve(null) };

describe('the connection to a namespace', () => {
  it.each([
    [`Endpoint=sb://Contoso.ServiceBus.Windows.net/;${key}`, 'contoso.servicebus.windows.net'],
    [`Endpoint=sb://127.0.0.1:5672;${key};UseDevelopmentEmulator=true;`, '127.0.0.1'],
    [`endpoint = sb://HOST:1234/ ;${key}`, 'host'],
  ])('takes the host of %s', (value, host) => {
    expect(namespaceHost({ kind: 'connection-string', value })).toBe(host);
  });

  it('does not take an intermediary for the namespace', () => {
    const connection = {
      kind: 'namespace',
      host: 'A.example.net',
      credential,
      customEndpointAddress: 'sb://localhost:9',
    } as const;
    expect(namespaceHost(connection)).toBe('a.example.net');
  });

  it('refuses a connection string without an endpoint, and quotes nothing of it', () => {
    expect(() => namespaceHost({ kind: 'connection-string', value: key })).toThrow(/^(?!.*TOPSECRET).*Endpoint/);
  });

  it('takes the name of the hub whatever its case in the connection string', async () => {
    const value = `Endpoint=sb://a.example.net/;${key};EntityPath=NOTICES`;
    const client = createConsumerClient(settings(value), '$Default');
    expect(client.eventHubName).toBe('notices');
    await client.close();
  });

  it('refuses a connection string for another hub without telling its key', () => {
    const value = `Endpoint=sb://a.example.net/;${key};EntityPath=other`;
    expect(() => createProducerClient(settings(value))).toThrow(/^(?!.*TOPSECRET).*"other".*"notices"/);
  });
});
