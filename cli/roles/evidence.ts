import { createBlobEvidence } from '#adapters/azure-blob/evidence.ts';
import { stackCredential } from '#adapters/azure-key-vault/credential.ts';
import { containerClient } from '#adapters/azure-key-vault/transport.ts';
import type { RunContext } from '#cli/roles/context.ts';
import {
  type CheckpointedModel,
  type CheckpointReport,
  type CheckpointsState,
  createCheckpoints,
} from '#cli/roles/evidence-checkpoints.ts';
import { transportOf } from '#cli/roles/reaching.ts';
import type { EvidenceStore } from '#ports/evidence.ts';
import { projections, type ReadModels, readModelNames } from '#projections/read-models.ts';
import type { HealthRow } from '#web/health-report.ts';

export interface RunningEvidence {
  readonly row: () => HealthRow;
  readonly ended: Promise<void>;
}

/** Puts checkpoints of the record into the evidence storage; nothing waits for it. @param url of the storage account */
export function startEvidence(
  context: RunContext,
  url: string,
  readModels: Pick<ReadModels, 'states' | 'digest'>,
  signal: AbortSignal,
): RunningEvidence {
  const { clock, ids, version, log } = context;
  const checkpoints = createCheckpoints({
    ...{ store: openEvidence(context, url), clock, ids, build: version },
    models: async () => {
      if (!readModels.states().every(({ caughtUp }) => caughtUp)) return undefined;
      const models: Record<string, CheckpointedModel> = {};
      for (const name of readModelNames) {
        const { position, digest, rows } = await readModels.digest(name);
        models[name] = {
          version: projections[name].schema.version,
          ...(position === undefined ? {} : { position }),
          ...{ digest, rows },
        };
      }
      return models;
    },
    report: (report) => say(context, report),
  });
  return {
    row: () => evidenceRow(checkpoints.state(), clock.now()),
    ended: checkpoints
      .run(signal)
      .catch((error: unknown) => log.error({ err: error }, 'putting checkpoints of the record ended by itself')),
  };
}

/** The container `checkpoints` of the account. */
function openEvidence({ settings }: RunContext, account: string): EvidenceStore {
  const url = new URL(account);
  const signed = url.searchParams.has('sig');
  url.pathname = `${url.pathname.replace(/\/$/, '')}/checkpoints`;
  const credential = signed ? undefined : stackCredential(process.env).credential;
  return createBlobEvidence({ container: containerClient(url.href, credential, transportOf(settings)) });
}

function say({ log }: RunContext, report: CheckpointReport): void {
  switch (report.kind) {
    case 'kept':
      log.info({ ...report }, report.by === 'us' ? 'a checkpoint of the record was put' : 'this checkpoint is there');
      return;
    case 'failed':
      log.warn({ ...report }, 'a checkpoint of the record cannot be put yet; it is tried again');
      return;
    case 'differs':
      log.error({ ...report }, 'a read model holds something else than a checkpoint of the same place of the log says');
  }
}

/** It is tried again by itself; only after this long is it more than a warning. */
const longMs = 3 * 3_600_000;

const failureWords = {
  unavailable: {
    word: 'the evidence storage does not answer',
    next: 'See whether the storage of TOCSIN_EVIDENCE can be reached. It is tried again by itself.',
  },
  'access-denied': {
    word: 'the evidence storage refuses us',
    next: 'Give the role desk “Storage Blob Data Contributor” on the container checkpoints.',
  },
  'read-models': {
    word: 'the read models cannot be read',
    next: 'See their rows. It is tried again by itself.',
  },
} as const;

/** The row of the admin page. Pure. @param now milliseconds since 1970 UTC */
export function evidenceRow({ kept, last, failing, differs }: CheckpointsState, now: number): HealthRow {
  const iso = (ms: number) => new Date(ms).toISOString();
  const base = {
    ...{ kind: 'event-log' as const, name: 'checkpoints of the record', figures: { put: String(kept) } },
    ...(last === undefined ? {} : { lastProofAt: iso(last.at) }),
  };
  if (differs !== undefined)
    return {
      ...base,
      ...{ state: 'trouble', since: iso(differs.at) },
      word: `${differs.models.join(', ')}: not what ${differs.name} says of the same place of the log`,
      next: 'Run `tocsin audit replay`: it says whether the log or the read model is not what it was.',
    };
  if (failing !== undefined)
    return {
      ...base,
      ...{ state: now - failing.since > longMs ? 'trouble' : 'warning', since: iso(failing.since) },
      ...failureWords[failing.reason],
    };
  return { ...base, state: 'ok', word: last === undefined ? 'the first one is being made' : 'put every hour' };
}
