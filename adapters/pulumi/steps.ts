import type { EngineEvent, OpType } from '@pulumi/pulumi/automation/index.js';

/** What the engine does, or would do, with one resource. */
export interface ResourceStep {
  readonly op: 'create' | 'update' | 'replace' | 'delete' | 'same' | 'read' | 'refresh' | 'import';
  readonly urn: string;
  /** Such as `azure-native:eventhub:Namespace`. */
  readonly type: string;
  readonly name: string;
  /** Type of what it is part of, such as `tocsin:infra:Ingest`; absent at the top. */
  readonly component?: string;
  /** Paths of inputs that differ; empty for what is new. */
  readonly changed: readonly string[];
  /** Those of them that need it to be made anew. */
  readonly replacing: readonly string[];
  /** The protection against deletion that it had is taken off. */
  readonly unprotected: boolean;
  /** Inputs as they will be, secrets as `[secret]`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs as they were; absent for what is new. */
  readonly before?: Readonly<Record<string, unknown>>;
}

/** How many resources, by what happens to them. */
export interface ChangeCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly same: number;
}

/** How far a run has come. */
export type RunProgress =
  | { readonly kind: 'started'; readonly step: ResourceStep }
  | { readonly kind: 'done'; readonly step: ResourceStep; readonly ms: number }
  | { readonly kind: 'failed'; readonly step: ResourceStep }
  | { readonly kind: 'message'; readonly severity: 'warning' | 'error'; readonly text: string; readonly urn?: string };

/** Turns the events of a run into steps, counts and messages. */
export interface StepReader {
  read(event: EngineEvent): void;
  readonly steps: readonly ResourceStep[];
  readonly messages: readonly Extract<RunProgress, { kind: 'message' }>[];
  /** What policies refused. */
  readonly violations: readonly string[];
  /** Checks of policies that need values which are only known while things are made. */
  undecided(): number;
  /** What the engine says at its end; without that, what it said to be done of each resource. */
  counts(): ChangeCounts;
  /** It began to change things and never came to say what came of it: more may have been changed than is counted. */
  cut(): boolean;
}

const shown: Readonly<Partial<Record<OpType, ResourceStep['op']>>> = {
  create: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
  same: 'same',
  read: 'read',
  refresh: 'refresh',
  import: 'import',
};

export function createStepReader(onProgress: (progress: RunProgress) => void, now: () => number): StepReader {
  const steps: ResourceStep[] = [];
  const messages: Extract<RunProgress, { kind: 'message' }>[] = [];
  const violations: string[] = [];
  const begun = new Map<string, number>();
  let undecided = 0;
  let changes: Readonly<Partial<Record<OpType, number>>> | undefined;
  let changing = false;
  const done: Partial<Record<OpType, number>> = {};
  return {
    steps,
    messages,
    violations,
    undecided: () => undecided,
    read(event) {
      const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent, summaryEvent } = event;
      if (resourcePreEvent !== undefined) {
        const step = stepOf(resourcePreEvent.metadata);
        if (step === undefined) return;
        steps.push(step);
        // In a preview nothing is done, and a look at the cloud changes nothing there.
        if (resourcePreEvent.planning !== true && !['same', 'read', 'refresh'].includes(step.op)) changing = true;
        begun.set(step.urn, now());
        onProgress({ kind: 'started', step });
      } else if (resOutputsEvent !== undefined) {
        const step = stepOf(resOutputsEvent.metadata);
        if (step === undefined) return;
        // What a look at the cloud found only its end tells.
        const looked = steps.findIndex(({ urn, op }) => urn === step.urn && op === 'refresh');
        if (looked >= 0) steps[looked] = step;
        const { planning, metadata } = resOutputsEvent;
        // Components group resources and are none.
        const custom = (metadata.new ?? metadata.old)?.custom !== false;
        if (planning !== true && looked < 0 && custom) done[step.op] = (done[step.op] ?? 0) + 1;
        onProgress({ kind: 'done', step, ms: now() - (begun.get(step.urn) ?? now()) });
      } else if (resOpFailedEvent !== undefined) {
        const step = stepOf(resOpFailedEvent.metadata);
        if (step !== undefined) onProgress({ kind: 'failed', step });
      } else if (diagnosticEvent !== undefined && diagnosticEvent.ephemeral !== true) {
        const { severity, urn } = diagnosticEvent;
        if (severity !== 'warning' && severity !== 'error') return;
        const text = plain(diagnosticEvent.message).trim();
        if (text === '' || text.includes(ownHost) || messages.some((one) => one.text === text && one.urn === urn))
          return;
        const message = { kind: 'message', severity, text, ...(urn ? { urn } : {}) } as const;
        messages.push(message);
        onProgress(message);
      } else if (policyEvent !== undefined) {
        const name = policyEvent.resourceUrn?.split('::').at(-1);
        const text = plain(policyEvent.message).trim();
        const violation = `${name === undefined ? '' : `${name}: `}${text} (policy ${policyEvent.policyName})`;
        // A first preview knows too little for some policies; they are asked again while things are made.
        if (policyEvent.enforcementLevel !== 'mandatory' && /can't run policy/.test(text)) {
          undecided += 1;
          return;
        }
        if (policyEvent.enforcementLevel === 'mandatory') violations.push(violation);
        onProgress({
          kind: 'message',
          severity: policyEvent.enforcementLevel === 'mandatory' ? 'error' : 'warning',
          text: violation,
        });
      } else if (summaryEvent !== undefined) changes = summaryEvent.resourceChanges ?? {};
    },
    cut: () => changing && changes === undefined,
    counts: () => {
      const known = changes ?? done;
      return {
        create: (known.create ?? 0) + (known.import ?? 0),
        update: known.update ?? 0,
        replace: known.replace ?? 0,
        delete: known.delete ?? 0,
        same: known.same ?? 0,
      };
    },
  };
}

type Metadata = NonNullable<EngineEvent['resourcePreEvent']>['metadata'];

function stepOf(metadata: Metadata): ResourceStep | undefined {
  const op = shown[metadata.op];
  const { urn, type } = metadata;
  if (op === undefined || type.startsWith('pulumi:')) return undefined;
  const chain = urn.split('::')[2]?.split('$') ?? [];
  const component = chain.slice(0, -1).findLast((one) => !one.startsWith('pulumi:'));
  const detailed = Object.entries(metadata.detailedDiff ?? {});
  const changed = detailed.length > 0 ? detailed.map(([path]) => path) : (metadata.diffs ?? []);
  const replacing = detailed.filter(([, { diffKind }]) => /replace/.test(String(diffKind))).map(([path]) => path);
  return {
    op,
    urn,
    type,
    name: urn.split('::').slice(3).join('::'),
    ...(component === undefined ? {} : { component }),
    changed,
    replacing: replacing.length > 0 ? replacing : (metadata.keys ?? []),
    // The engine says null of what is deleted, whatever its types say.
    unprotected: metadata.old?.protect === true && metadata.new != null && metadata.new.protect !== true,
    inputs: (metadata.new ?? metadata.old)?.inputs ?? {},
    ...(metadata.old === undefined || metadata.op === 'create' ? {} : { before: metadata.old.inputs ?? {} }),
  };
}

/** Where an engine came without a language host ours is on its PATH, of which it warns. */
const ownHost = 'using pulumi-language-nodejs from $PATH';

/** Messages carry the engine's colour marks. */
export function plain(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, '');
}
