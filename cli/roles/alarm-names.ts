/** What a stack's alarms listen for: a line of the log with the field `alarm` and one of these words. A test holds them against those of `infra/alarms.ts`. */
export const alarmNames = [
  'sign-in-ends',
  'subscription-ends',
  'feed-not-watched',
  'reading-behind',
  'policy-not-covered',
] as const;
export type AlarmName = (typeof alarmNames)[number];
