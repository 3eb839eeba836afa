import { expect, it } from 'vitest';
import { standard } from '#test/infra/given.ts';
import { runStack } from '#test/infra/mocked-stack.ts';

it('a stack whose topic Graph has still to make names it and lets Graph make it, and asks Azure for nothing that needs it', {
  timeout: 60_000,
}, async () => {
  const { resources, outputs } = await runStack({ ...standard, eventGrid: 'true', eventGridUntil: '2027-06-30' });
  const names = resources.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'event-grid-partner',
      'grid-identity',
      'dead-letters-container',
      'alarm-event-grid-authorisation',
    ]),
  );
  expect(outputs['notificationUrl']).toMatch(/^EventGrid:\?.*partnertopic=pt-contoso-/);
  expect(resources.filter(({ inputs }) => JSON.stringify(inputs).includes('partnerTopics/'))).toEqual([]);
  expect(names).not.toContain('event-grid-to-hub');
});
