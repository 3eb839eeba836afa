import * as applicationinsights from '@pulumi/azure-native/applicationinsights/index.js';
import * as monitor from '@pulumi/azure-native/monitor/index.js';
import * as operationalinsights from '@pulumi/azure-native/operationalinsights/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type MetricAlarm, metricAlarms, queryAlarms } from '#infra/alarms.ts';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import { createDataCollection } from '#infra/components/data-collection.ts';
import { uuidOf } from '#infra/stable-hash.ts';
import { workbook } from '#infra/workbook.ts';

/** What is watched, by name. */
export interface WatchingArgs {
  readonly resourceGroupName: pulumi.Output<string>;
  /** Resources with logs and metrics of their own. */
  readonly sources: Readonly<Record<string, pulumi.Output<string>>>;
  /** Resources that alarms on metrics look at, by name. */
  readonly alarmed: Readonly<Record<MetricAlarm['on'], Readonly<Record<string, pulumi.Output<string>>>>>;
}

/** Where to look, and what tells people. */
export interface Watching {
  readonly workspaceId: pulumi.Output<string>;
  readonly actionGroupId: pulumi.Output<string>;
}

/** Log Analytics, diagnostic settings, alarms, whom they tell, and a workbook: who watches the watcher. */
export function createWatching(context: StackContext, args: WatchingArgs): Built<Watching> {
  const { settings, names } = context;
  return createComponent('Watching', (parent) => {
    const { resourceGroupName } = args;
    const tags = tagsOf(context, 'Watching');
    const workspace = new operationalinsights.Workspace(
      'workspace',
      {
        resourceGroupName,
        location: settings.region,
        tags,
        workspaceName: names.workspace.value,
        sku: { name: 'PerGB2018' },
        retentionInDays: settings.logRetentionDays,
        features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
      },
      { parent },
    );
    for (const [name, resourceUri] of Object.entries(args.sources))
      new monitor.DiagnosticSetting(
        `diagnostics-${name}`,
        {
          name: 'tocsin',
          resourceUri,
          workspaceId: workspace.id,
          ...(name.startsWith('storage-') ? {} : { logAnalyticsDestinationType: 'Dedicated' }),
          logs: [{ categoryGroup: 'allLogs', enabled: true }],
          metrics: [{ category: name.startsWith('storage-') ? 'Transaction' : 'AllMetrics', enabled: true }],
        },
        { parent },
      );
    const group = createActionGroup(context, parent, resourceGroupName);
    createMetricAlarms(context, parent, args, group.id);
    createQueryAlarms(context, parent, { resourceGroupName, workspaceId: workspace.id, actionGroupId: group.id });
    new applicationinsights.Workbook(
      'workbook',
      {
        resourceGroupName,
        location: settings.region,
        tags,
        resourceName: uuidOf(context.subscriptionId, settings.tenant, 'workbook'),
        displayName: `Tocsin: ${settings.tenant}`,
        category: 'workbook',
        kind: 'shared',
        sourceId: workspace.id,
        serializedData: workbook(settings),
        version: 'Notebook/1.0',
      },
      { parent },
    );
    const machines = args.alarmed.machine;
    if (Object.keys(machines).length > 0)
      createDataCollection(context, parent, { resourceGroupName, workspaceId: workspace.id, machines });
    return { workspaceId: workspace.id, actionGroupId: group.id };
  });
}

function createActionGroup(
  context: StackContext,
  parent: pulumi.Resource,
  resourceGroupName: pulumi.Output<string>,
): monitor.ActionGroup {
  const { settings, names } = context;
  return new monitor.ActionGroup(
    'action-group',
    {
      resourceGroupName,
      location: 'global',
      tags: tagsOf(context, 'Watching'),
      actionGroupName: names.actionGroup.value,
      // At most twelve characters; it stands at the start of every message.
      groupShortName: 'tocsin',
      enabled: true,
      emailReceivers: settings.alertEmails.map((emailAddress, index) => ({
        name: `email-${index + 1}`,
        emailAddress,
        useCommonAlertSchema: true,
      })),
      ...(settings.alertWebhook === undefined
        ? {}
        : {
            webhookReceivers: [
              { name: 'webhook', serviceUri: pulumi.secret(settings.alertWebhook), useCommonAlertSchema: true },
            ],
          }),
    },
    { parent },
  );
}

function createMetricAlarms(
  context: StackContext,
  parent: pulumi.Resource,
  args: WatchingArgs,
  actionGroupId: pulumi.Output<string>,
): void {
  for (const alarm of metricAlarms)
    for (const [target, scope] of Object.entries(args.alarmed[alarm.on])) {
      const name = Object.keys(args.alarmed[alarm.on]).length === 1 ? alarm.name : `${alarm.name}-${target}`;
      new monitor.MetricAlert(
        `alarm-${name}`,
        {
          resourceGroupName: args.resourceGroupName,
          location: 'global',
          tags: tagsOf(context, 'Watching'),
          ruleName: `tocsin-${context.settings.tenant}-${name}`,
          description: alarm.description,
          enabled: true,
          severity: alarm.severity,
          scopes: [scope],
          evaluationFrequency: alarm.every,
          windowSize: alarm.window,
          autoMitigate: true,
          criteria: {
            odataType: 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria',
            allOf: [
              {
                criterionType: 'StaticThresholdCriterion',
                name: alarm.name,
                metricNamespace: alarm.metricNamespace,
                metricName: alarm.metric,
                timeAggregation: alarm.aggregation,
                operator: alarm.operator,
                threshold: alarm.threshold,
              },
            ],
          },
          actions: [{ actionGroupId }],
        },
        { parent },
      );
    }
}

function createQueryAlarms(
  context: StackContext,
  parent: pulumi.Resource,
  given: {
    readonly resourceGroupName: pulumi.Output<string>;
    readonly workspaceId: pulumi.Output<string>;
    readonly actionGroupId: pulumi.Output<string>;
  },
): void {
  for (const alarm of queryAlarms(context.settings))
    new monitor.ScheduledQueryRule(
      `alarm-${alarm.name}`,
      {
        resourceGroupName: given.resourceGroupName,
        location: context.settings.region,
        tags: tagsOf(context, 'Watching'),
        ruleName: `tocsin-${context.settings.tenant}-${alarm.name}`,
        displayName: `Tocsin ${context.settings.tenant}: ${alarm.name}`,
        description: alarm.description,
        kind: 'LogAlert',
        enabled: true,
        severity: alarm.severity,
        scopes: [given.workspaceId],
        evaluationFrequency: alarm.every,
        windowSize: alarm.window,
        autoMitigate: true,
        // Tables come into being with their first row, which is after this rule.
        skipQueryValidation: true,
        criteria: {
          allOf: [
            {
              query: alarm.query,
              timeAggregation: 'Count',
              operator: 'GreaterThan',
              threshold: 0,
              failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
            },
          ],
        },
        actions: { actionGroups: [given.actionGroupId] },
      },
      { parent },
    );
}
