import type * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Identity } from '#infra/components/identity.ts';
import type { Keys } from '#infra/components/keys.ts';
import type { Wiring } from '#infra/role-settings.ts';

/** What the runtime is made from. */
export interface RuntimeArgs {
  readonly foundation: Foundation;
  readonly identity: Identity;
  readonly keys: Keys;
  readonly wiring: Wiring;
  /** URL of the connection string for large notifications, in its own vault. */
  readonly largeNotificationsSecretUrl?: pulumi.Output<string>;
  /** For the scale rule of ingest. */
  readonly ownershipAccount: string;
  /** Roles in Azure: an app that starts before them cannot read its secrets. */
  readonly dependsOn: readonly pulumi.Resource[];
}
