import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { type JournalEntry, replayed, type StoredDeployment } from '#test/infra/engine/pulumi-service/journal.ts';

/** `apitype.UntypedDeployment`. */
export interface Checkpoint {
  readonly version: number;
  readonly features?: readonly string[];
  readonly deployment?: StoredDeployment;
}

/** Whoever has its token holds the stack, or only looks (a preview). */
export interface Update {
  readonly id: string;
  readonly kind: string;
  readonly dryRun: boolean;
  readonly author: string;
  /** Unix time in seconds; absent until it is started. */
  started?: number;
  token?: string;
  status: 'not started' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly entries: JournalEntry[];
}

/** A stack as the service keeps it. */
export interface StoredStack {
  readonly owner: string;
  readonly project: string;
  readonly name: string;
  tags: Readonly<Record<string, string>>;
  version: number;
  checkpoint: Checkpoint;
  /** The update that holds the stack. */
  active?: string;
  /** The one before, for `pulumi cancel`. */
  readonly updates: Map<string, Update>;
  /** What engines sent besides the state: configuration and events. */
  readonly told: unknown[];
}

const key = randomBytes(32);

/** What the service does with a secret: it keeps ciphertext, and nobody but it has the key. */
export function encrypt(plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const text = Buffer.concat([cipher.update(plaintext, 'base64'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

/** Throws where it is not ours. */
export function decrypt(ciphertext: string): string {
  const bytes = Buffer.from(ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('base64');
}

const noManifest = { time: '0001-01-01T00:00:00Z', magic: '', version: '' };

/** A stack without resources. */
export function emptyStack(place: Pick<StoredStack, 'owner' | 'project' | 'name' | 'tags'>): StoredStack {
  return {
    ...place,
    version: 0,
    checkpoint: { version: 3, deployment: { manifest: noManifest } },
    updates: new Map(),
    told: [],
  };
}

/** An update that was asked for and not yet begun. */
export function addUpdate(stack: StoredStack, of: Pick<Update, 'kind' | 'dryRun' | 'author'>): Update {
  const update: Update = { ...of, id: randomUUID(), status: 'not started', entries: [] };
  stack.updates.set(update.id, update);
  return update;
}

/** Begins it: a token, or undefined where another update holds the stack. Previews hold nothing and are never refused. */
export function start(stack: StoredStack, update: Update): string | undefined {
  if (!update.dryRun) {
    if (stack.active !== undefined) return undefined;
    stack.active = update.id;
    stack.version += 1;
  }
  Object.assign(update, { token: `lease-${randomUUID()}`, started: Math.floor(Date.now() / 1000), status: 'running' });
  return update.token;
}

/** Takes over what was done and lets the stack go. */
export function end(stack: StoredStack, update: Update, status: Update['status']): void {
  stack.checkpoint = current(stack, update);
  update.entries.length = 0;
  update.status = status;
  delete update.token;
  if (stack.active === update.id) delete stack.active;
}

/** The state by now, in the middle of an update too. */
export function current(stack: StoredStack, update = stack.updates.get(stack.active ?? '')): Checkpoint {
  if (update === undefined || update.entries.length === 0) return stack.checkpoint;
  return { ...stack.checkpoint, deployment: replayed(stack.checkpoint.deployment ?? {}, update.entries) };
}

/** The state as it was while that resource was being made. */
export function unfinished(checkpoint: Checkpoint, urn: string): Checkpoint {
  const { resources = [], ...rest } = checkpoint.deployment ?? {};
  const making = resources.filter((one) => one.urn === urn);
  return {
    ...checkpoint,
    deployment: {
      ...rest,
      resources: resources.filter((one) => one.urn !== urn),
      pending_operations: making.map((resource) => ({ type: 'creating', resource: { ...resource, id: '' } })),
    },
  };
}

/** `apitype.Stack`. */
export function described(stack: StoredStack): object {
  const active = stack.updates.get(stack.active ?? '');
  return {
    id: `${stack.owner}/${stack.project}/${stack.name}`,
    orgName: stack.owner,
    projectName: stack.project,
    stackName: stack.name,
    activeUpdate: stack.active ?? [...stack.updates.keys()].at(-1) ?? '',
    tags: stack.tags,
    version: stack.version,
    ...(active?.started === undefined
      ? {}
      : { currentOperation: { kind: active.kind, author: active.author, started: active.started } }),
  };
}
