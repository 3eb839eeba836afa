import { secretsFolder } from '#infra/inside-container.ts';
import { innerNames } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** Host names of the nodes of a self-hosted log inside {@link innerNames.logZone}; one per zone. */
export function logNodes(settings: StackSettings): readonly ('log1' | 'log2' | 'log3')[] {
  return settings.logNodes === '3' ? ['log1', 'log2', 'log3'] : ['log1'];
}

/** Connection string of a self-hosted log ("Connection string", developers.eventstore.com). Secret: it holds the password. */
export function logConnectionString(settings: StackSettings): string | undefined {
  if (settings.logPassword === undefined) return undefined;
  const hosts = logNodes(settings).map((node) => `${node}.${innerNames.logZone}:2113`);
  const authority = encodeURIComponent(`${secretsFolder}/log-authority.pem`);
  return `esdb://admin:${encodeURIComponent(settings.logPassword)}@${hosts.join(',')}?tls=true&tlsCAFile=${authority}&nodePreference=leader`;
}
