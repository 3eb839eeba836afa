import { isThisMachine } from '#config/parsers.ts';
import type { SettingKey, Settings } from '#config/settings.ts';

/**
 * What is wrong with settings beside each other though each is fine alone; one sentence each.
 * @param refused settings whose own value was refused: nothing more is said about those
 */
export function crossChecks(values: Partial<Settings>, refused: ReadonlySet<SettingKey>): readonly string[] {
  const has = (key: SettingKey) => values[key] !== undefined || refused.has(key);
  const problems: string[] = [];
  const beyond = values.http !== undefined && !isThisMachine(values.http.host);
  if (beyond && !has('deskUrl'))
    problems.push(
      'TOCSIN_HTTP must be an address of this machine alone (127.0.0.1) unless people sign in (TOCSIN_DESK_URL): anybody in reach could read and acknowledge calls.',
    );
  else if (beyond && values.trustedProxy === 'no')
    problems.push(
      'TOCSIN_HTTP is an address beyond this machine, and the desk itself speaks no TLS: put a proxy before it that does, and set TOCSIN_TRUSTED_PROXY=yes.',
    );
  if (has('deskUrl') && !has('deskClientId'))
    problems.push('TOCSIN_DESK_CLIENT_ID must be set beside TOCSIN_DESK_URL: the application that people sign in to.');
  if (!has('deskUrl') && has('deskClientId'))
    problems.push('TOCSIN_DESK_URL must be set beside TOCSIN_DESK_CLIENT_ID: where people reach the desk.');
  if (values.keyStore?.kind === 'vault' && !has('subjectKeys'))
    problems.push(
      'TOCSIN_SUBJECT_KEYS must be set where TOCSIN_KEY_STORE is a key in a vault: the container of wrapped keys.',
    );
  if (has('signInStore') !== has('signIns'))
    problems.push('TOCSIN_SIGN_IN_STORE and TOCSIN_SIGN_INS belong together; set both or neither.');
  else if (has('signInStore') && values.keyStore?.kind !== 'vault')
    problems.push(
      'TOCSIN_KEY_STORE must be a key in a vault where TOCSIN_SIGN_IN_STORE is set; without a vault one store keeps all.',
    );
  if (has('webhookUrl') !== has('webhookSecret'))
    problems.push('TOCSIN_WEBHOOK_URL and TOCSIN_WEBHOOK_SECRET belong together; set both or neither.');
  if (has('eventsPrivateKey') && !has('eventsCertificate'))
    problems.push(
      'TOCSIN_EVENTS_CERTIFICATE must be set beside TOCSIN_EVENTS_PRIVATE_KEY: the PEM file of its certificate.',
    );
  return problems;
}
