import grpc from '@grpc/grpc-js';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';
import service from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import { answers, type Breaker } from '#simulator/azure/breakage.ts';
import type { CloudFolder } from '#simulator/azure/cloud-folder.ts';
import { diffInputs } from '#simulator/azure/diff.ts';
import { initFailed } from '#simulator/azure/init-failed.ts';
import { InvokeError, type Provider } from '#simulator/azure/provider.ts';
import { empty, fromStruct, toStruct } from '#simulator/azure/wire.ts';

/** What the providers were asked; tests count calls by it. */
export interface ProviderCall {
  readonly method: 'check' | 'diff' | 'create' | 'update' | 'read' | 'delete' | 'invoke';
  /** Of the resource; the token of a question. */
  readonly urn: string;
  readonly preview: boolean;
}

export interface ProviderServiceDeps {
  readonly provider: Provider;
  readonly version: string;
  readonly cloud: CloudFolder;
  readonly breaker: Breaker;
  readonly onCall: (call: ProviderCall) => void;
}

type Handler = grpc.handleUnaryCall<unknown, unknown>;

/** The provider protocol (pulumi/proto/pulumi/provider.proto) around a simulated provider. */
export function providerService(deps: ProviderServiceDeps): {
  readonly definition: grpc.ServiceDefinition;
  readonly handlers: grpc.UntypedServiceImplementation;
} {
  const { provider, version, cloud, breaker, onCall } = deps;
  /** Silent on purpose: the engine waits for it until somebody ends the engine. */
  const never = new Promise<never>(() => {});

  const refuse = (how: 'refused' | 'throttled' | 'away'): never => {
    throw Object.assign(new Error(answers[how]), { code: grpc.status.UNKNOWN });
  };
  const broken = (operation: 'create' | 'update' | 'delete' | 'read', urn: string) => {
    const how = breaker.find(operation, urn);
    if (how === 'refused' || how === 'throttled' || how === 'away') refuse(how);
    return how;
  };

  const check = (request: messages.CheckRequest) => {
    const urn = request.getUrn();
    onCall({ method: 'check', urn, preview: true });
    const { type, name } = partsOf(urn);
    const { inputs, faults } = provider.check({ type, name, inputs: fromStruct(request.getNews()) });
    const response = new messages.CheckResponse();
    response.setInputs(toStruct(inputs));
    response.setFailuresList(
      faults.map(({ property, reason }) => {
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
      }),
    );
    return response;
  };

  const diff = (request: messages.DiffRequest) => {
    const urn = request.getUrn();
    onCall({ method: 'diff', urn, preview: true });
    const { type } = partsOf(urn);
    const { changed, keys } = diffInputs(fromStruct(request.getOldInputs()), fromStruct(request.getNews()));
    const ignored = new Set(request.getIgnorechangesList());
    const shown = changed.filter(({ path }) => !ignored.has(path));
    const once = provider.replaces(type);
    const replaces = keys.filter((key) => once.has(key) && !ignored.has(key));
    const response = new messages.DiffResponse();
    response.setChanges(
      shown.length === 0 ? messages.DiffResponse.DiffChanges.DIFF_NONE : messages.DiffResponse.DiffChanges.DIFF_SOME,
    );
    response.setReplacesList(replaces);
    response.setDiffsList([...keys]);
    response.setDeletebeforereplace(replaces.length > 0 && provider.deletesFirst(type));
    response.setHasdetaileddiff(true);
    const { Kind } = messages.PropertyDiff;
    for (const { path, kind } of shown) {
      const replacing = once.has(path.split(/[.[]/)[0] ?? '');
      const one = new messages.PropertyDiff();
      one.setInputdiff(true);
      one.setKind(
        kind === 'add'
          ? replacing
            ? Kind.ADD_REPLACE
            : Kind.ADD
          : kind === 'delete'
            ? replacing
              ? Kind.DELETE_REPLACE
              : Kind.DELETE
            : replacing
              ? Kind.UPDATE_REPLACE
              : Kind.UPDATE,
      );
      response.getDetaileddiffMap().set(path, one);
    }
    return response;
  };

  const create = async (request: messages.CreateRequest) => {
    const urn = request.getUrn();
    const { type } = partsOf(urn);
    const inputs = fromStruct(request.getProperties());
    const response = new messages.CreateResponse();
    onCall({ method: 'create', urn, preview: request.getPreview() });
    if (request.getPreview()) {
      response.setProperties(toStruct({ ...provider.preview(type, inputs), ...inputs }));
      return response;
    }
    const how = broken('create', urn);
    const made = provider.create(type, inputs);
    if (!made.ok) throw Object.assign(new Error(made.text), { code: grpc.status.UNKNOWN });
    cloud.put({ id: made.id, type, inputs, computed: made.computed });
    if (how === 'done-and-silent') await never;
    const properties = { ...inputs, ...made.computed };
    if (how === 'half-done') throw initFailed(made.id, properties, inputs, ['the set-up of it ended with an error']);
    response.setId(made.id);
    response.setProperties(toStruct(properties));
    return response;
  };

  const update = (request: messages.UpdateRequest) => {
    const urn = request.getUrn();
    const { type } = partsOf(urn);
    const inputs = fromStruct(request.getNews());
    const response = new messages.UpdateResponse();
    onCall({ method: 'update', urn, preview: request.getPreview() });
    const id = request.getId();
    const before = cloud.get(id);
    const computed = before?.computed;
    if (request.getPreview()) {
      response.setProperties(toStruct({ ...fromStruct(request.getOlds()), ...inputs }));
      return response;
    }
    broken('update', urn);
    if (computed === undefined) throw Object.assign(new Error(`${id} was not found`), { code: grpc.status.NOT_FOUND });
    const refused = provider.refusesChange?.(type, before?.inputs ?? {}, inputs);
    if (refused !== undefined) throw Object.assign(new Error(refused), { code: grpc.status.UNKNOWN });
    const now = { ...computed, ...provider.update(type, id, inputs) };
    cloud.put({ id, type, inputs, computed: now });
    response.setProperties(toStruct({ ...inputs, ...now }));
    return response;
  };

  const read = (request: messages.ReadRequest) => {
    const urn = request.getUrn();
    onCall({ method: 'read', urn, preview: false });
    broken('read', urn);
    const found = cloud.get(request.getId());
    const response = new messages.ReadResponse();
    // No id says that there is no such resource.
    if (found === undefined) return response;
    response.setId(found.id);
    const held = fromStruct(request.getProperties());
    const unsaid = provider.neverSays?.(found.type) ?? [];
    const said = Object.entries(found.inputs).flatMap(([name, value]) => {
      if (!unsaid.includes(name)) return [[name, value] as const];
      return held[name] === undefined ? [] : [[name, held[name]] as const];
    });
    const inputs = Object.fromEntries(said);
    response.setProperties(toStruct({ ...inputs, ...found.computed }));
    response.setInputs(toStruct(inputs));
    return response;
  };

  const remove = (request: messages.DeleteRequest) => {
    onCall({ method: 'delete', urn: request.getUrn(), preview: false });
    broken('delete', request.getUrn());
    const id = request.getId();
    const kept = provider.keeps(partsOf(request.getUrn()).type, id);
    if (kept !== undefined) throw Object.assign(new Error(kept), { code: grpc.status.UNKNOWN });
    const was = cloud.get(id);
    cloud.remove(id);
    for (const other of provider.goesWith?.(was?.type ?? '', was?.inputs ?? {}) ?? []) cloud.remove(other);
    // What is inside goes with it: a deleted resource group keeps nothing.
    if (id.startsWith('/subscriptions/') && !provider.staysWhenDeleted(partsOf(request.getUrn()).type))
      for (const one of cloud.list()) if (one.id.toLowerCase().startsWith(`${id}/`.toLowerCase())) cloud.remove(one.id);
    return empty();
  };

  const invoke = (request: messages.InvokeRequest) => {
    onCall({ method: 'invoke', urn: request.getTok(), preview: false });
    const response = new messages.InvokeResponse();
    response.setReturn(toStruct(provider.invoke(request.getTok(), fromStruct(request.getArgs()))));
    return response;
  };

  const checkConfig = (request: messages.CheckRequest) => {
    const response = new messages.CheckResponse();
    response.setInputs(toStruct(fromStruct(request.getNews())));
    return response;
  };
  const configure = () => {
    const response = new messages.ConfigureResponse();
    // Without secrets in the protocol the engine marks what came from a secret by itself.
    response.setAcceptsecrets(false);
    response.setSupportspreview(true);
    return response;
  };
  const getPluginInfo = () => {
    const response = new plugin.PluginInfo();
    response.setVersion(version);
    return response;
  };

  return {
    definition: service.ResourceProviderService as unknown as grpc.ServiceDefinition,
    handlers: {
      check: unary(check),
      diff: unary(diff),
      create: unary(create),
      update: unary(update),
      read: unary(read),
      delete: unary(remove),
      invoke: unary(invoke),
      checkConfig: unary(checkConfig),
      diffConfig: unary(() => new messages.DiffResponse()),
      configure: unary(configure),
      getPluginInfo: unary(getPluginInfo),
      attach: unary(() => empty()),
      cancel: unary(() => empty()),
    },
  };
}

/** Answers a call; what is thrown becomes its error, and only what the provider said is in it. */
function unary<Request>(handle: (request: Request) => unknown): Handler {
  return (call, callback) => {
    void (async () => handle(call.request as Request))().then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(asServiceError(error)),
    );
  };
}

function asServiceError(error: unknown): Partial<grpc.StatusObject> & { message: string } {
  const { code, metadata, message } = error as { code?: number; metadata?: grpc.Metadata; message?: string };
  return {
    code: error instanceof InvokeError ? grpc.status.INVALID_ARGUMENT : (code ?? grpc.status.INTERNAL),
    message: message ?? String(error),
    details: message ?? String(error),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Type and name of a URN (`urn:pulumi:stack::project::parent$type::name`). */
export function partsOf(urn: string): { readonly type: string; readonly name: string } {
  const parts = urn.split('::');
  return { type: parts[2]?.split('$').at(-1) ?? '', name: parts.slice(3).join('::') };
}
