import type { RoleName } from '#cli/role-names.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { RunningIngest } from '#cli/roles/ingest.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { EventHubsSetting } from '#config/parsers.ts';

export interface RestOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly roles: ReadonlySet<RoleName>;
  readonly hub: EventHubsSetting | undefined;
  readonly ingest: RunningIngest | undefined;
  readonly signal: AbortSignal;
}

export async function startRest(_: RestOptions): Promise<{ readonly endpoints: object; close(): Promise<void> }> {
  return { endpoints: {}, close: async () => {} };
}
