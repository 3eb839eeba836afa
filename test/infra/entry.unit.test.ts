import * as pulumi from '@pulumi/pulumi';
import { expect, it } from 'vitest';
import { canaries, standard } from '#test/infra/given.ts';

it('the entry lists every fault of the settings before it asks or makes anything', async () => {
  const asked: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name }) => {
        asked.push(type);
        return { id: name, state: {} };
      },
      call: ({ token }) => {
        asked.push(token);
        return {};
      },
    },
    'tocsin',
    'contoso',
    false,
  );
  const wrong = {
    ...standard,
    regio: 'westeurope',
    region: 'mars',
    image: 'tocsin:latest',
    eventHubsTier: 'Basic',
    logConnection: ` ${canaries.logConnection}`,
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(wrong).map(([key, value]) => [`tocsin:${key}`, value])),
  );
  const error = await import('#infra/index.ts').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await pulumi.runtime.disconnect();
  expect(error).toBeInstanceOf(pulumi.RunError);
  const { message } = error as Error;
  for (const key of ['regio', 'region', 'image', 'eventHubsTier', 'logConnection'])
    expect(message).toContain(`- ${key} `);
  expect(message).toContain('5 to put right');
  expect(message).not.toContain(canaries.logConnection);
  expect(asked).toEqual([]);
});
