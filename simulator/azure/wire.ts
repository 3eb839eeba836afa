import { createRequire } from 'node:module';

/** A value that is only known after something was made, as it travels between engine and provider. */
export const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** True for what is not known yet. */
export function isUnknown(value: unknown): boolean {
  return value === unknown;
}

/** Properties of a resource, as plain values. */
export type Bag = Readonly<Record<string, unknown>>;

/** `google.protobuf.Struct` and its neighbours, of the very package that the vendor's stubs use. */
interface StructType {
  fromJavaScript(value: object): unknown;
}

const require = createRequire(import.meta.url);
const ofPulumi = createRequire(require.resolve('@pulumi/pulumi/package.json'));
const { Struct } = ofPulumi('google-protobuf/google/protobuf/struct_pb.js') as { Struct: StructType };
const { Empty } = ofPulumi('google-protobuf/google/protobuf/empty_pb.js') as { Empty: new () => object };

/** For the setters of the stubs. */
export function toStruct(value: Bag): never {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as object) as never;
}

/** Of the getters of the stubs. */
export function fromStruct(struct: { toJavaScript(): unknown } | undefined): Record<string, unknown> {
  return (struct?.toJavaScript() ?? {}) as Record<string, unknown>;
}

export function empty(): never {
  return new Empty() as never;
}
