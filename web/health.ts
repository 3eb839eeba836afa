import type { DeskData } from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';
import type { DeskRegistry } from '#web/live/desk-registry.ts';

/** The report of the running roles, and what only the web knows: whether any desk can be heard. */
export async function healthOf(data: DeskData, desks: DeskRegistry): Promise<HealthReport> {
  const report = await data.health();
  return { ...report, rows: [...report.rows, desks.row()] };
}
