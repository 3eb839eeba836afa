import { describe, expect, it } from 'vitest';
import { openVendorClient } from '#adapters/eventstoredb/vendor-client.ts';

describe('a connection string', () => {
  it('gives appends the credentials that it holds', () => {
    expect(openVendorClient('esdb://ad%40min:p%3Aw@127.0.0.1:2113', 'tocsin').appendCredentials).toEqual({
      username: 'ad@min',
      password: 'p:w',
    });
  });

  it('without TLS gives appends some credentials, which are not sent', () => {
    const { username, password } = openVendorClient('esdb://127.0.0.1:2113?tls=false', 'tocsin').appendCredentials;
    expect([username, password].every((text) => text.length > 0)).toBe(true);
  });

  it('gives the connection the name of the program unless it names one', () => {
    expect(openVendorClient('esdb://127.0.0.1:2113?tls=false', 'tocsin & co').client.connectionName).toBe(
      'tocsin & co',
    );
    expect(openVendorClient('esdb://127.0.0.1:2113?tls=false&connection_name=x', 'tocsin').client.connectionName).toBe(
      'x',
    );
  });

  it.each([
    ['with TLS but without a user', 'esdb://127.0.0.1:2113'],
    ['with an option nobody knows', 'esdb://u:secret@127.0.0.1:2113?colour=red'],
    ['that switches off what is relied on', 'esdb://u:secret@127.0.0.1:2113?throwOnAppendFailure=false'],
    ['that asks for what the client ignores', 'esdb://u:secret@127.0.0.1:2113?tlsVerifyCert=false'],
    ['of another scheme', 'https://u:secret@127.0.0.1:2113'],
    ['with a port that is none', 'esdb://u:secret@127.0.0.1:port'],
    ['with a password that is not encoded', 'esdb://u:100%secret@127.0.0.1:2113'],
    ['with a question mark in its password', 'esdb://u:x?secret@127.0.0.1:2113?tls=true'],
    ['that is empty', ''],
  ])('is refused %s, without repeating it', (_name, connectionString) => {
    const open = () => openVendorClient(connectionString, 'tocsin');
    expect(open).toThrow(TypeError);
    expect(open).not.toThrow(/secret/);
  });
});

describe('the client', () => {
  it('survives errors that it does not understand itself', async () => {
    const { client } = openVendorClient('esdb://127.0.0.1:2113?tls=false', 'tocsin');
    const internals = client as unknown as { handleError(client: unknown, error: unknown): Promise<void> };
    const withoutDetails = Object.assign(new Error('no details'), { code: 2 });
    await expect(internals.handleError(undefined, withoutDetails)).resolves.toBeUndefined();
  });
});
