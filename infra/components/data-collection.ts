import * as monitor from '@pulumi/azure-native/monitor/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { type StackContext, tagsOf } from '#infra/components/component.ts';
import { measureMachine } from '#infra/components/machine.ts';

/** Sends free disk space and the journal of the machines to the workspace. */
export function createDataCollection(
  context: StackContext,
  parent: pulumi.Resource,
  given: {
    readonly resourceGroupName: pulumi.Output<string>;
    readonly workspaceId: pulumi.Output<string>;
    readonly machines: Readonly<Record<string, pulumi.Output<string>>>;
  },
): void {
  const destinations = ['workspace'];
  const rule = new monitor.DataCollectionRule(
    'machine-measurements',
    {
      resourceGroupName: given.resourceGroupName,
      location: context.settings.region,
      tags: tagsOf(context, 'Watching'),
      dataCollectionRuleName: `dcr-tocsin-${context.settings.tenant}`,
      kind: 'Linux',
      dataSources: {
        performanceCounters: [
          {
            name: 'disks',
            streams: ['Microsoft-Perf'],
            samplingFrequencyInSeconds: 60,
            counterSpecifiers: [
              'Logical Disk(*)\\% Used Space',
              'Memory(*)\\% Used Memory',
              'Processor(*)\\% Processor Time',
            ],
          },
        ],
        syslog: [
          { name: 'journal', streams: ['Microsoft-Syslog'], facilityNames: ['daemon', 'user'], logLevels: ['*'] },
        ],
      },
      destinations: { logAnalytics: [{ name: 'workspace', workspaceResourceId: given.workspaceId }] },
      dataFlows: [
        { streams: ['Microsoft-Perf'], destinations },
        { streams: ['Microsoft-Syslog'], destinations },
      ],
    },
    { parent },
  );
  for (const [name, machineId] of Object.entries(given.machines))
    measureMachine(parent, { name, machineId, ruleId: rule.id });
}
