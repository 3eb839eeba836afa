import type { InputFault } from '#simulator/azure/check-inputs.ts';
import type { Bag } from '#simulator/azure/wire.ts';

/** What one provider of the simulated cloud does; the gRPC service around it knows the protocol, this knows Azure. */
export interface Provider {
  readonly name: 'azure-native' | 'azuread';
  /** The inputs with names filled in, and what is wrong with them. */
  check(asked: { readonly type: string; readonly name: string; readonly inputs: Bag }): {
    readonly inputs: Bag;
    readonly faults: readonly InputFault[];
  };
  /** Inputs that cannot be changed without making the resource anew. */
  replaces(type: string): ReadonlySet<string>;
  /** True where the old one has to go before the new one can have its name. */
  deletesFirst(type: string): boolean;
  /** True for a part of another resource that is there with it: deleting it only resets it. */
  staysWhenDeleted(type: string): boolean;
  /** The words of a refusal to delete it; undefined where it may go. */
  keeps(type: string, id: string): string | undefined;
  /** The words of a refusal to change it; undefined where it may be changed. */
  refusesChange?(type: string, before: Bag, after: Bag): string | undefined;
  /** Inputs that a read does not bring back; what the state holds of them stays. */
  neverSays?(type: string): readonly string[];
  /** Ids of what goes with it when it is deleted, beside what is inside it. */
  goesWith?(type: string, inputs: Bag): readonly string[];
  /** What the answer will hold beside the inputs, unknown where only the cloud can say. */
  preview(type: string, inputs: Bag): Bag;
  create(type: string, inputs: Bag): CreateResult;
  /** The computed part, after the inputs of a resource changed. */
  update(type: string, id: string, inputs: Bag): Bag;
  /** Throws an {@link InvokeError} for what the program may not ask. */
  invoke(token: string, args: Bag): Bag;
}

/** `exists`: the provider refuses to take over what somebody else may have made; `held`: what it needs is another one's; `orphan`: what it is part of is not there. The text is that of the real one. */
export type CreateResult =
  | {
      readonly ok: true;
      readonly id: string;
      readonly computed: Bag /** Already there, and not to be deleted. */;
      readonly found?: true;
    }
  | { readonly ok: false; readonly reason: 'exists' | 'held' | 'orphan'; readonly text: string };

/** A question that the simulated cloud cannot answer. */
export class InvokeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvokeError';
  }
}
