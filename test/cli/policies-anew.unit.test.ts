import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { openTenantAccess } from '#cli/roles/tenant-access.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { eventually } from '#test/support/eventually.ts';

it('wants and watches what the list of policies says now; what is wanted still stays what it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-policies-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const policyList = join(folder, 'policies.csv');
  const write = (...names: readonly string[]) => writeFileSync(policyList, ['Identity', ...names].join('\n'));
  write('A', 'B');
  const clock = createManualClock(0);
  const ending = new AbortController();
  const context = {
    settings: {
      ...{ tenant: 'contoso.com', eventsClientId: 'app', eventsApi: 'v1.0', cloud: 'global', policyList },
      notificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=contoso.com',
    },
    ...{ clock, ids: systemIds, signal: ending.signal, log: { info: () => undefined } },
  } as unknown as RunContext;
  const access = openTenantAccess(context, createMemorySecrets({ clock, ids: systemIds }));
  if (access === undefined) throw new Error('no access');
  onTestFinished(() => access.close());
  const wanted = () => access.desired.subscriptions.map(({ policy }) => policy);
  const { targets } = access;
  const [, b] = targets;
  expect([wanted(), targets.map(({ policy }) => policy)]).toEqual([
    ['A', 'B'],
    ['A', 'B'],
  ]);

  const run = access.policies.run(ending.signal);
  write('B', 'C');
  await eventually('it is read', () => {
    clock.advance(15_000);
    return wanted().includes('C');
  });
  expect([wanted(), targets.map(({ policy }) => policy)]).toEqual([
    ['B', 'C'],
    ['B', 'C'],
  ]);
  expect(targets[0]).toBe(b);
  expect(access.targets).toBe(targets);
  ending.abort();
  await run;
});
