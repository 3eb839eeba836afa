import { lines, programAlarms } from '#infra/alarms.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

interface Tile {
  readonly title: string;
  readonly query: string;
  readonly show: 'timechart' | 'table';
}

/** What the workbook shows, from top to bottom. Resources that have tables of their own are sent to those (`Dedicated`), and not to AzureDiagnostics. */
export function workbookTiles(s: StackSettings): readonly Tile[] {
  return [
    {
      title: 'Notices that arrived and were read',
      show: 'timechart',
      query:
        'AzureMetrics | where ResourceProvider == "MICROSOFT.EVENTHUB" and MetricName in ("IncomingMessages", "OutgoingMessages", "ThrottledRequests") | summarize sum(Total) by bin(TimeGenerated, 5m), MetricName',
    },
    {
      title: 'Alarms that Tocsin raised itself',
      show: 'table',
      query: `${lines(s)} | where Line has_any (${Object.keys(programAlarms)
        .map((name) => `'"alarm":"${name}"'`)
        .join(', ')}) | project TimeGenerated, Line | order by TimeGenerated desc`,
    },
    {
      title: 'Warnings and errors of the roles',
      show: 'table',
      query: `${lines(s)} | extend level = toint(parse_json(Line).level) | where level >= 40 | project TimeGenerated, Line | order by TimeGenerated desc | take 200`,
    },
    {
      title: 'Who used the keys',
      show: 'table',
      query:
        'AZKVAuditLogs | extend Vault = tostring(split(_ResourceId, "/")[-1]), AppId = tostring(Identity.claim.appid) | summarize Times = count() by Vault, OperationName, ResultType, AppId, CallerIpAddress | order by Times desc',
    },
    {
      title: 'Evidence written',
      show: 'timechart',
      query:
        'StorageBlobLogs | where OperationName == "PutBlob" | summarize count() by bin(TimeGenerated, 1h), AccountName',
    },
  ];
}

/** The workbook as Azure stores it ("Azure Workbooks", learn.microsoft.com): notebook of version 1, one query per tile. */
export function workbook(s: StackSettings): string {
  return JSON.stringify({
    version: 'Notebook/1.0',
    items: [
      {
        type: 1,
        name: 'title',
        content: { json: `# Tocsin: ${s.tenant}\nHow the watcher is. Emergencies are on the desk, not here.` },
      },
      ...workbookTiles(s).map(({ title, query, show }, index) => ({
        type: 3,
        name: `tile-${index + 1}`,
        content: {
          version: 'KqlItem/1.0',
          query,
          size: 0,
          title,
          timeContext: { durationMs: 86_400_000 },
          queryType: 0,
          resourceType: 'microsoft.operationalinsights/workspaces',
          visualization: show,
        },
      })),
    ],
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  });
}
