import type { Agent } from 'node:https';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import {
  type BlobDownloadResponseParsed,
  BlobServiceClient,
  ContainerClient,
  newPipeline,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { classifyBlobError } from '#adapters/azure-blob/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { LargePayloadResult, LargePayloads } from '#ports/large-payloads.ts';

/** Which storage account Graph puts large payloads into. */
export interface BlobLargePayloadsSettings {
  readonly account: /** `DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…`: what the subscription's `blobStoreUrl` names in a vault. */
    | { readonly kind: 'connection-string'; readonly value: string }
    | {
        readonly kind: 'account';
        /** Such as `https://contoso.blob.core.windows.net`, with or without a SAS token. */
        readonly url: string;
        /** Needed where the URL has no SAS token; without it `DefaultAzureCredential` is asked. */
        readonly credential?: TokenCredential | StorageSharedKeyCredential;
      };
  readonly clock: Clock;
  /** Opens the connections, where the storage is elsewhere than the name service says. */
  readonly agent?: Agent;
  /** Default `microsoft-graph-change-notifications`: Graph writes to a container of exactly this name. */
  readonly container?: string;
  /** Most bytes that are taken in (default 8 MiB). */
  readonly maxBytes?: number;
  /** Milliseconds for all attempts together (default 15,000). */
  readonly timeoutMs?: number;
}

/**
 * Large payloads in Azure Blob storage, read with `@azure/storage-blob`.
 * Source: "Receive change notifications through Azure Event Hubs" on learn.microsoft.com, "Large notifications".
 * @throws Error when the connection string cannot be used as it is written
 */
export function createBlobLargePayloads(settings: BlobLargePayloadsSettings): LargePayloads {
  const { clock, maxBytes = 8 * 1024 * 1024, timeoutMs = 15_000 } = settings;
  const container = openContainer(settings, timeoutMs);
  return {
    fetch: async (blobId, signal) => {
      if (!isBlobName(blobId)) return { ok: false, reason: 'not-found', detail: 'not a name that a blob can have' };
      const over = new AbortController();
      const abortSignal = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]);
      const late = clock.sleep(timeoutMs, abortSignal).then((): LargePayloadResult => {
        return { ok: false, reason: 'unavailable', detail: `no answer within ${timeoutMs} ms` };
      });
      const fetched = download(container, blobId, maxBytes, abortSignal);
      const result = await Promise.race([fetched, late]);
      over.abort();
      return result;
    },
  };
}

async function download(
  container: ContainerClient,
  blobId: string,
  maxBytes: number,
  abortSignal: AbortSignal,
): Promise<LargePayloadResult> {
  try {
    const response = await container.getBlobClient(blobId).download(0, undefined, { abortSignal, maxRetryRequests: 2 });
    const length = response.contentLength ?? 0;
    if (length > maxBytes) return tooLarge(response, length, maxBytes);
    const stream = response.readableStreamBody;
    if (stream === undefined) return { ok: false, reason: 'unavailable', detail: 'an answer without a body' };
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of stream) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      size += bytes.byteLength;
      if (size > maxBytes) return tooLarge(response, size, maxBytes);
      pieces.push(bytes);
    }
    if (size !== length) return { ok: false, reason: 'unavailable', detail: `${size} of ${length} bytes arrived` };
    return { ok: true, body: Buffer.concat(pieces) };
  } catch (error) {
    return { ok: false, ...classifyBlobError(error) };
  }
}

function tooLarge(response: BlobDownloadResponseParsed, size: number, maxBytes: number): LargePayloadResult {
  const stream = response.readableStreamBody;
  // The rest is not wanted; without this the connection would wait for a reader.
  if (stream !== undefined && 'destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
  return { ok: false, reason: 'too-large', detail: `${size} bytes, more than ${maxBytes}` };
}

/** "Naming and Referencing Containers, Blobs, and Metadata" on learn.microsoft.com: 1 to 1,024 characters. The id comes from a message. */
function isBlobName(blobId: string): boolean {
  if (blobId.length < 1 || blobId.length > 1_024) return false;
  const segments = blobId.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u001f\u007f\\]/.test(blobId) && blobId.isWellFormed();
}

function openContainer(settings: BlobLargePayloadsSettings, timeoutMs: number): ContainerClient {
  const { account, agent, container = 'microsoft-graph-change-notifications' } = settings;
  const options: StoragePipelineOptions = {
    retryOptions: {
      maxTries: 3,
      tryTimeoutInMs: Math.ceil(timeoutMs / 2),
      retryDelayInMs: 250,
      maxRetryDelayInMs: 2_000,
    },
  };
  const service = openService(account, options);
  if (agent === undefined) return service.getContainerClient(container);
  const pipeline = newPipeline(service.credential, options);
  pipeline.factories.push({
    create: (next) => ({
      sendRequest(request) {
        request.agent = agent;
        return next.sendRequest(request);
      },
    }),
  });
  return new ContainerClient(service.getContainerClient(container).url, pipeline);
}

function openService(
  account: BlobLargePayloadsSettings['account'],
  options: StoragePipelineOptions,
): BlobServiceClient {
  if (account.kind === 'connection-string') return BlobServiceClient.fromConnectionString(account.value, options);
  const { url, credential } = account;
  if (credential !== undefined) return new BlobServiceClient(url, credential, options);
  const signed = URL.parse(url)?.searchParams.has('sig') === true;
  return new BlobServiceClient(url, signed ? undefined : new DefaultAzureCredential(), options);
}
