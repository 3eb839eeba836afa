import { afterAll, beforeAll } from 'vitest';
import { describeTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { crashes } from '#test/system/subscribed/crashes.ts';
import { faults } from '#test/system/subscribed/faults.ts';
import { paging } from '#test/system/subscribed/paging.ts';
import { type RunningSystem, startSystem } from '#test/system/subscribed/running-system.ts';
import { secretsStaySecret } from '#test/system/subscribed/secrets.ts';
import { signingIn } from '#test/system/subscribed/signing-in.ts';
import { startWebhookReceiver, type WebhookReceiver } from '#test/system/subscribed/webhook-receiver.ts';

describeTemporal('a tenant that Tocsin stays subscribed to', () => {
  let system: RunningSystem | undefined;
  let receiver: WebhookReceiver | undefined;
  const running = () => system ?? never();
  const receiving = () => receiver ?? never();

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    receiver.answerNext(503);
    system = await startSystem({ TOCSIN_WEBHOOK_URL: receiver.url, TOCSIN_WEBHOOK_SECRET: receiver.secret });
  });
  afterAll(async () => {
    await system?.close();
    await receiver?.close();
  });

  signingIn(running);
  paging(running, receiving);
  faults(running);
  crashes(running);
  secretsStaySecret(running);
});

function never(): never {
  throw new Error('it did not start');
}
