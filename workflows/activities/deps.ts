import type { RecordedBy } from '#domain/metadata.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { Graph } from '#ports/graph.ts';
import type { Identity } from '#ports/identity.ts';
import type { Ids } from '#ports/ids.ts';
import type { Sealer } from '#ports/sealer.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { Channel } from '#workflows/activities/channels/channel.ts';
import type { Feed, SubscriptionSpec } from '#workflows/contract.ts';

/** What activities work with; composition hands it in. */
export interface ActivityDeps {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly secrets: Secrets;
  readonly sealer: Pick<Sealer, 'unseal'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly recordedBy: RecordedBy;
  identity(credential: Feed): Identity;
  graph(credential: Feed): Graph;
  readonly delivery: Delivery;
  /** A key pair and a self-signed certificate for rich notifications. @param now milliseconds since 1970 UTC */
  makeCertificate(options: { readonly commonName: string; readonly now: number }): Promise<KeyAndCertificate>;
  /** True for certificate ids whose private key is held elsewhere than in the secrets, such as a folder of PEM files. */
  holdsKey?(certificateId: string): Promise<boolean> | boolean;
  /** Over which people are paged; none: nobody is. */
  readonly channels: readonly Channel[];
  /** What is to be subscribed now, by the settings. */
  desired(): readonly SubscriptionSpec[];
}

/** Where Graph delivers: the same for every subscription of a tenant, but for those of emergency events where Event Grid takes the rest. */
export interface Delivery {
  readonly notificationUrl: string;
  /** Equal to the other one as a rule ("Change notifications: lifecycle"). */
  readonly lifecycleNotificationUrl: string;
  /** Where emergency events go where the rest takes another way: Event Grid has no type for them. Absent: where all go. */
  readonly eventsUrl?: string;
  /** Where Graph learns of the storage for notifications that are too large for the hub; absent: it has none. */
  readonly blobStoreUrl?: string;
  /** Of the application that a credential signs in to. */
  applicationId?(credential: Feed): string | undefined;
}

/** Both PEM: the key as PKCS #8. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}
