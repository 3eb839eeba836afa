import type { HealthRow } from '#web/health-report.ts';
import type { AccessLogState } from '#web/sign-in/desk-sign-in.ts';

/** The row of the admin page about the record of who looked at what. Figures that change all the time would push health to every page all the time. */
export function accessRow({ waiting, waitingSince, lost, writtenAt }: AccessLogState): HealthRow {
  const row = {
    kind: 'event-log',
    name: 'Record of who looked at what',
    ...(writtenAt === undefined ? {} : { lastProofAt: new Date(minute(writtenAt)).toISOString() }),
  } as const;
  if (lost > 0)
    return {
      ...row,
      state: 'trouble',
      word: `${lost} looks at personal data could not be recorded`,
      next: 'See why the event log or the key store did not answer. How many were lost, and when, is on record once it does.',
    };
  if (waitingSince !== undefined)
    return {
      ...row,
      state: 'warning',
      word: `${waiting < 100 ? 'Some' : 'Many'} looks at personal data wait to be recorded`,
      since: new Date(waitingSince).toISOString(),
      next: 'The event log or the key store does not answer: see their rows. Calls are shown all the same.',
    };
  return { ...row, state: 'ok', word: 'Every look at personal data is on record' };
}

const minute = (at: number) => at - (at % 60_000);
