import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { openBox, sealBox } from '#adapters/crypto/aes-gcm.ts';
import type { KeyRing } from './key-ring.ts';
import { payloadFromBytes, payloadToBytes } from './payload-bytes.ts';

/** Value of `encoding` in the metadata of what this codec made, as in the vendor's samples. */
const encryptedEncoding = 'binary/encrypted';
const keyIdName = 'encryption-key-id';

/** The payload cannot be read: its key is gone, it belongs to another namespace, or somebody changed it. */
class PayloadDecodeError extends Error {
  override readonly name = 'PayloadDecodeError';
}

export interface CodecDeps {
  readonly keys: Pick<KeyRing, 'current' | 'find'>;
  readonly namespace: string;
}

/**
 * Encrypts whole payloads, their metadata included, with AES-256-GCM under the current key of the ring; what was encrypted under older keys is decrypted
 * with those. The namespace is authenticated, so that a payload from elsewhere is refused; the workflow is not, because the same payload is read without
 * knowing it (the UI) and carried from one to another (schedules).
 */
export function createPayloadCodec({ keys, namespace }: CodecDeps): PayloadCodec {
  const bound = (keyId: string) => Buffer.from(`tocsin temporal payload 1\n${namespace}\n${keyId}`);
  return {
    async encode(payloads) {
      if (payloads.length === 0) return [];
      const { id, key } = await keys.current();
      return payloads.map((payload) => ({
        metadata: { encoding: Buffer.from(encryptedEncoding), [keyIdName]: Buffer.from(id) },
        data: sealBox(key, bound(id), payloadToBytes(payload)),
      }));
    },
    async decode(payloads) {
      return await Promise.all(
        payloads.map(async (payload) => {
          // What was there before encryption, or what the server made itself.
          if (!isEncrypted(payload)) return payload;
          const id = textOf(payload.metadata?.[keyIdName]);
          const found = await keys.find(id);
          if (found === undefined)
            throw new PayloadDecodeError(`nothing has the key ${JSON.stringify(id.slice(0, 64))}`);
          const plain = openBox(found.key, bound(id), payload.data ?? new Uint8Array());
          if (plain === undefined) throw new PayloadDecodeError(`a payload does not fit its key ${id}`);
          return payloadFromBytes(plain);
        }),
      );
    },
  };
}

/** True for what a codec of this kind made. */
export function isEncrypted(payload: Payload): boolean {
  return textOf(payload.metadata?.['encoding']) === encryptedEncoding;
}

/** For clients, workers and bundles: payloads through the codec, and messages and stack traces of failures too. */
export function createDataConverter(codec: PayloadCodec): DataConverter {
  return { payloadCodecs: [codec], failureConverterPath };
}

/** Module that both the SDK and the bundle of the workflows load. */
export const failureConverterPath = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
