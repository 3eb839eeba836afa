/** The parts of the program that can run as processes of their own. */
export const roleNames = ['ingest', 'triage', 'resolve', 'desk', 'worker', 'simulator'] as const;
export type RoleName = (typeof roleNames)[number];
