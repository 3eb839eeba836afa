import { createRequire } from 'node:module';
import grpc from '@grpc/grpc-js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import { type Bag, toStruct } from '#simulator/azure/wire.ts';

const require = createRequire(import.meta.url);
const ofPulumi = createRequire(require.resolve('@pulumi/pulumi/package.json'));
const { Any } = ofPulumi('google-protobuf/google/protobuf/any_pb.js') as {
  Any: new () => { pack(bytes: Uint8Array, name: string): void };
};
const { Status } = ofPulumi('@pulumi/pulumi/proto/status_pb.js') as {
  Status: new () => {
    setCode(code: number): void;
    setMessage(text: string): void;
    addDetails(any: object): void;
    serializeBinary(): Uint8Array;
  };
};

/** The error by which a provider says that a resource was made but is not well: the engine keeps it and tries again. */
export function initFailed(id: string, properties: Bag, inputs: Bag, reasons: readonly string[]): Error {
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toStruct(properties));
  detail.setInputs(toStruct(inputs));
  detail.setReasonsList([...reasons]);
  const any = new Any();
  any.pack(detail.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage('the resource was made, but is not well');
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(reasons.join('; ')), { code: grpc.status.UNKNOWN, metadata });
}
