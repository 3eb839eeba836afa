import { type Answer, type Asked, fault } from '#test/infra/engine/pulumi-service/answers.ts';
import type { JournalEntry, StoredDeployment } from '#test/infra/engine/pulumi-service/journal.ts';
import {
  addUpdate,
  type Checkpoint,
  current,
  decrypt,
  described,
  encrypt,
  end,
  type StoredStack,
  start,
  type Update,
} from '#test/infra/engine/pulumi-service/stacks.ts';

interface Service {
  readonly author: string;
  readonly journal: boolean;
}

const conflict = fault(409, 'Conflict: Another update is currently in progress.');
const done = (body: object = {}): Answer => ({ status: 200, body });

/** What is asked of one stack; undefined for what is not known. */
export function answerStack(stack: StoredStack, rest: string, asked: Asked, service: Service): Answer | undefined {
  const { method, body } = asked;
  const [, id, step] = /^update\/([^/]+)(?:\/(.+))?$/.exec(rest) ?? [];
  if (id !== undefined) return answerUpdate(stack, id, step ?? '', asked, service);
  switch (`${method} ${rest}`) {
    case 'GET ':
      return done(described(stack));
    case 'GET export':
      return done(current(stack));
    case 'POST import': {
      const update = addUpdate(stack, { kind: 'import', dryRun: false, author: service.author });
      if (start(stack, update) === undefined) return conflict;
      stack.checkpoint = body as unknown as Checkpoint;
      end(stack, update, 'succeeded');
      return done({ updateId: update.id });
    }
    case 'GET updates':
      return done({ updates: history(stack) });
    case 'PATCH tags':
      stack.tags = body as Readonly<Record<string, string>>;
      return done();
    case 'POST encrypt':
      return done({ ciphertext: encrypt(String(body['plaintext'])) });
    case 'POST decrypt':
      return done({ plaintext: decrypt(String(body['ciphertext'])) });
    case 'POST batch-encrypt':
      return done({ ciphertexts: (body['plaintexts'] as readonly string[]).map(encrypt) });
    case 'POST batch-decrypt':
      return done({
        plaintexts: Object.fromEntries((body['ciphertexts'] as readonly string[]).map((one) => [one, decrypt(one)])),
      });
    case 'POST decrypt/log-decryption':
    case 'POST decrypt/log-batch-decryption':
      return done();
    case 'POST preview':
    case 'POST update':
    case 'POST refresh':
    case 'POST destroy': {
      const { options } = body as { readonly options?: { readonly dryRun?: boolean } };
      stack.told.push(body);
      const update = addUpdate(stack, { kind: rest, dryRun: options?.dryRun === true, author: service.author });
      return done({ updateID: update.id });
    }
    default:
      return undefined;
  }
}

/** `apitype.UpdateInfo`, newest first; previews are in no history. */
function history(stack: StoredStack): readonly object[] {
  const ended = [...stack.updates.values()].filter(({ dryRun, started }) => !dryRun && started !== undefined);
  return ended
    .map(({ kind, started = 0, status }, index) => ({
      ...{ kind, startTime: started, endTime: started, message: '', environment: {}, config: {} },
      ...{ result: status === 'running' ? 'in-progress' : status, version: index + 1, resourceChanges: {} },
    }))
    .reverse();
}

function answerUpdate(
  stack: StoredStack,
  id: string,
  step: string,
  { method, body, authorization }: Asked,
  { journal }: Service,
): Answer | undefined {
  const update = stack.updates.get(id);
  if (update === undefined) return fault(404, `Not Found: Update '${id}' not found`);
  if (method === 'GET' && step === '') return done({ status: update.status, events: [] });
  if (step === '') {
    const token = start(stack, update);
    if (token === undefined) return conflict;
    const asks = Number(body['journalVersion'] ?? 0);
    return done({ version: stack.version, token, journalVersion: journal ? Math.min(asks, 1) : 0 });
  }
  if (step === 'cancel') {
    end(stack, update, 'cancelled');
    return done();
  }
  if (authorization !== `update-token ${update.token}`) return fault(403, 'Forbidden: The update lease has expired');
  return answerLease(stack, update, step, body);
}

function answerLease(stack: StoredStack, update: Update, step: string, body: Asked['body']): Answer | undefined {
  switch (step) {
    case 'renew_lease':
      return done({ token: update.token });
    case 'events/batch':
      stack.told.push(body);
      return done();
    case 'journalentries':
      update.entries.push(...(body['entries'] as readonly JournalEntry[]));
      return done();
    case 'checkpoint': {
      const { version, features, deployment } = body as {
        readonly version: number;
        readonly features?: readonly string[];
        readonly deployment: StoredDeployment;
      };
      stack.checkpoint = { version, ...(features === undefined ? {} : { features }), deployment };
      return done();
    }
    case 'complete':
      end(stack, update, body['status'] as Update['status']);
      return done();
    default:
      return undefined;
  }
}
