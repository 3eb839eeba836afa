import type { Agent } from 'node:https';
import type { PartitionOwnership as VendorOwnership } from '@azure/event-hubs';
import { BlobCheckpointStore, type ContainerClientLike } from '@azure/eventhubs-checkpointstore-blob';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import {
  AnonymousCredential,
  ContainerClient,
  newPipeline,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { redact } from '#adapters/event-hubs/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { ClaimRequest, OwnershipClaim, PartitionOwnership } from '#ports/partition-ownership.ts';

/** Where the claims on the partitions of one hub are kept. */
export interface BlobOwnershipSettings {
  /** URL of the container, with or without a SAS token. It is made when it is missing and we may. */
  readonly containerUrl: string;
  /** Needed where the URL has no SAS token; without it `DefaultAzureCredential` is asked. */
  readonly credential?: TokenCredential | StorageSharedKeyCredential;
  /** Opens the connections, where the storage is elsewhere than the name service says. */
  readonly agent?: Agent;
  /** Only a name here, but the same for every process that shares the hub. */
  readonly namespace: string;
  readonly hub: string;
  readonly consumerGroup: string;
  readonly clock: Clock;
  /** Milliseconds after which a claim that nobody renewed counts no more (default 10,000). */
  readonly expiryMs?: number;
}

/**
 * Claims as blobs, in the layout of the vendor's `BlobCheckpointStore`, so that its tools show them. Every method throws when the storage does
 * not answer as it should; the message holds no secrets.
 */
export function createBlobOwnership(settings: BlobOwnershipSettings): PartitionOwnership {
  const { hub, consumerGroup, clock, expiryMs = 10_000 } = settings;
  const fullyQualifiedNamespace = settings.namespace;
  const place = { fullyQualifiedNamespace, eventHubName: hub, consumerGroup };
  const folder = [fullyQualifiedNamespace, hub, consumerGroup].map((name) => name.toLowerCase()).join('/');
  const container = openContainer(settings);
  /** What the storage's clock is ahead of ours; claims carry the time of the storage. */
  let ahead = 0;
  const store = new BlobCheckpointStore(
    listening(container, (date) => {
      ahead = date.getTime() - clock.now();
    }),
  );

  const everything = async (): Promise<readonly VendorOwnership[]> => {
    const list = () => store.listOwnership(fullyQualifiedNamespace, hub, consumerGroup);
    try {
      return await list();
    } catch (error) {
      // The vendor's store tells nothing but a text.
      if (!/container does not exist|ContainerNotFound/i.test(String(error))) throw new Error(redact(String(error)));
    }
    try {
      // The container is missing; whoever may only use what is in it is refused here.
      await container.createIfNotExists();
      return await list();
    } catch (error) {
      throw new Error(redact(String(error)));
    }
  };

  const alive = (claim: VendorOwnership): boolean =>
    claim.ownerId !== '' && (claim.lastModifiedTimeInMs ?? 0) + expiryMs > clock.now() + ahead;

  const set = async (partitionId: string, ownerId: string, etag: string): Promise<readonly OwnershipClaim[]> => {
    try {
      const done = await store.claimOwnership([{ ...place, partitionId, ownerId, etag }]);
      return done.flatMap(toClaim);
    } catch (error) {
      // The blob itself is gone.
      if (statusOf(error) === 404) return [];
      throw new Error(redact(String(error)));
    }
  };

  const create = async (partitionId: string, ownerId: string): Promise<readonly OwnershipClaim[]> => {
    const blob = container.getBlockBlobClient(`${folder}/ownership/${partitionId}`);
    try {
      // The vendor's store sets a claim without an etag whatever is there by now; this one is made only where there is none.
      const { etag, lastModified } = await blob.upload('', 0, {
        metadata: { ownerid: ownerId },
        conditions: { ifNoneMatch: '*' },
      });
      if (etag === undefined) return [];
      return [{ partitionId, ownerId, etag: bare(etag), claimedAt: lastModified?.getTime() ?? clock.now() + ahead }];
    } catch (error) {
      if ([409, 412].includes(statusOf(error) ?? 0)) return [];
      throw new Error(redact(String(error)));
    }
  };

  const first = async (requests: readonly ClaimRequest[]): Promise<readonly OwnershipClaim[]> => {
    if (requests.length === 0) return [];
    const known = new Map((await everything()).map((claim) => [claim.partitionId, claim]));
    const answers = requests.map(({ partitionId, ownerId }) => {
      const old = known.get(partitionId);
      if (old?.etag === undefined) return create(partitionId, ownerId);
      return alive(old) ? [] : set(partitionId, ownerId, old.etag);
    });
    return (await Promise.all(answers)).flat();
  };

  return {
    list: async () => (await everything()).filter(alive).flatMap(toClaim),
    claim: async (claims) => {
      const renewed = claims.map(({ partitionId, ownerId, etag }) =>
        etag === undefined ? [] : set(partitionId, ownerId, etag),
      );
      const [older, newer] = await Promise.all([
        Promise.all(renewed),
        first(claims.filter((claim) => claim.etag === undefined)),
      ]);
      return [...older.flat(), ...newer];
    },
    release: async (ownerId, partitionIds) => {
      const given = (await everything()).filter(
        (claim) => claim.ownerId === ownerId && partitionIds.includes(claim.partitionId),
      );
      // A claim of nobody, as the vendor's own consumers leave it.
      await Promise.all(given.map((claim) => (claim.etag === undefined ? [] : set(claim.partitionId, '', claim.etag))));
    },
    close: () => Promise.resolve(),
  };
}

/** The container of the claims. */
export function openContainer({
  containerUrl,
  credential,
  agent,
}: Pick<BlobOwnershipSettings, 'containerUrl' | 'credential' | 'agent'>): ContainerClient {
  const options: StoragePipelineOptions = {
    retryOptions: { maxTries: 2, tryTimeoutInMs: 3_000, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
  };
  const signed = URL.parse(containerUrl)?.searchParams.has('sig') === true;
  const pipeline = newPipeline(
    credential ?? (signed ? new AnonymousCredential() : new DefaultAzureCredential()),
    options,
  );
  if (agent !== undefined)
    pipeline.factories.push({
      create: (next) => ({
        sendRequest(request) {
          request.agent = agent;
          return next.sendRequest(request);
        },
      }),
    });
  return new ContainerClient(containerUrl, pipeline);
}

/** The same container, but somebody learns from each answer what time it is there. */
function listening(container: ContainerClient, onDate: (date: Date) => void): ContainerClientLike {
  return {
    getBlobClient: (name) => container.getBlobClient(name),
    listBlobsFlat: (options) => {
      const pages = container.listBlobsFlat(options);
      const blobs = (async function* () {
        for await (const page of pages.byPage()) {
          if (page.date !== undefined) onDate(page.date);
          yield* page.segment.blobItems;
        }
      })();
      return {
        next: () => blobs.next(),
        byPage: (settings) => pages.byPage(settings),
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}

function toClaim(claim: VendorOwnership): readonly OwnershipClaim[] {
  const { partitionId, ownerId, etag, lastModifiedTimeInMs } = claim;
  return etag === undefined ? [] : [{ partitionId, ownerId, etag: bare(etag), claimedAt: lastModifiedTimeInMs ?? 0 }];
}

/** Listings give etags without the quotes that headers have; conditions take both. */
function bare(etag: string): string {
  return etag.replaceAll('"', '');
}

function statusOf(error: unknown): number | undefined {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}
