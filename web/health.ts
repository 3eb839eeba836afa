import type { DeskData } from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';
import type { DeskRegistry } from '#web/live/desk-registry.ts';
import { accessRow } from '#web/sign-in/access-row.ts';
import type { AccessLog } from '#web/sign-in/desk-sign-in.ts';

/** The report of the running roles, and what only the web knows: whether any desk can be heard, and whether looks are recorded. */
export async function healthOf(data: DeskData, desks: DeskRegistry, access?: AccessLog): Promise<HealthReport> {
  const report = await data.health();
  return {
    ...report,
    rows: [...report.rows, desks.row(), ...(access === undefined ? [] : [accessRow(access.state())])],
  };
}
