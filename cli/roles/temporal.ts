import { readFileSync } from 'node:fs';
import type { PayloadCodec } from '@temporalio/common';
import { createCodecEndpoint } from '#adapters/temporal/codec/codec-endpoint.ts';
import { startCodecServer } from '#adapters/temporal/codec/codec-server.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createDataConverter, createPayloadCodec } from '#adapters/temporal/codec/payload-codec.ts';
import { createConnection, type TemporalConnection, type TemporalTarget } from '#adapters/temporal/connection.ts';
import { createDevServer, type DevServer } from '#adapters/temporal/dev-server/dev-server.ts';
import { searchAttributeTypes } from '#adapters/temporal/search-attributes.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { programPlace } from '#cli/programs.ts';
import type { RunContext } from '#cli/roles/context.ts';
import type { TemporalSetting } from '#config/parsers.ts';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { HealthRow } from '#web/health-report.ts';
import type { PayloadReader } from '#web/payloads.ts';

/** The way to Temporal; for `managed` its server too. Nothing waits for it: it comes when it comes. */
export interface Temporal {
  readonly codec: PayloadCodec;
  /** Undefined until the server is there. */
  target(): TemporalTarget | undefined;
  connection(): TemporalConnection | undefined;
  /** Resolves once there is a server to talk to; undefined when the signal came first, or none is to be had. */
  readonly ready: Promise<TemporalTarget | undefined>;
  /** Aborted when the server serves at another address than {@link target} says now: by then that and {@link connection} are new. */
  moved(): AbortSignal;
  /** Where its pages are; absent for a cluster. */
  ui(): string | undefined;
  row(): HealthRow;
  /** Payloads in plain words, for the pages of a cluster at that origin. */
  payloads(origin: string): PayloadReader;
  close(): Promise<void>;
}

export async function openTemporal(
  context: RunContext,
  setting: Exclude<TemporalSetting, { kind: 'off' }>,
  secrets: Secrets,
): Promise<Temporal> {
  const { settings, clock } = context;
  const namespace = settings.temporalNamespace;
  const codec = createPayloadCodec({ keys: createKeyRing({ secrets, clock }), namespace });
  let target: TemporalTarget | undefined;
  let connection: TemporalConnection | undefined;
  let ui: string | undefined;
  const connect = (address: string): TemporalTarget => {
    target = { address, namespace, ...accessOf(context, setting) };
    connection = createConnection({ target, dataConverter: createDataConverter(codec), clock });
    return target;
  };
  const payloads = (origin: string): PayloadReader => ({
    origin,
    // The desk has let nobody through who may not.
    decode: createCodecEndpoint({ codec, namespace, origins: () => [origin], authorise: () => true }),
  });
  if (setting.kind === 'cluster') {
    const { signal: stays } = new AbortController();
    const ready = Promise.resolve(connect(setting.address));
    const answers = followAnswers(() => connection, clock, context.signal);
    return {
      ...{ codec, ready, payloads, target: () => target, connection: () => connection, ui: () => ui },
      moved: () => stays,
      row: () => ({ kind: 'temporal', name: setting.address, ...answers.word() }),
      async close() {
        await connection?.close();
        await answers.ended;
      },
    };
  }
  const codecServer = await startCodecServer(
    createCodecEndpoint({
      ...{ codec, namespace, origins: () => (ui === undefined ? [] : originsOf(ui)) },
      // It answers on loopback alone, as the dev server's pages do.
      authorise: () => true,
    }),
    0,
  );
  const { promise: ready, resolve } = Promise.withResolvers<TemporalTarget | undefined>();
  let moving = new AbortController();
  /** Its port may have been taken while it was down: whoever asked the old one would for ever. */
  const move = (address: string) => {
    context.log.warn({ from: target?.address, to: address }, 'the Temporal dev server serves at another address');
    const [before, moved] = [connection, moving];
    moving = new AbortController();
    connect(address);
    moved.abort();
    void before?.close();
  };
  const server = createDevServer({
    ...{ ...programPlace(settings), stateDir: context.stateDir, namespace, clock },
    ...(settings.temporalCli === undefined ? {} : { executable: settings.temporalCli }),
    ports: { grpc: settings.temporalPort, ui: settings.temporalUiPort },
    codecEndpoint: codecServer.endpoint,
    searchAttributes: searchAttributeTypes,
    log: context.log,
    onProgress: (line) => context.log.info({ temporal: 'dev server' }, line),
    // Also a server that came up only after several tries.
    onState(state) {
      if (state.state !== 'running') return;
      ui = state.ui;
      if (target === undefined) resolve(connect(state.address));
      else if (target.address !== state.address) move(state.address);
    },
  });
  context.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  void server.start().then((started) => {
    if (started.ok || started.reason === 'stopped') return;
    context.log.warn(
      { detail: started.detail },
      'no Temporal: calls reach the desk, but nobody signs in or subscribes',
    );
    if (started.reason === 'not-to-be-had') resolve(undefined);
  });
  return {
    ...{ codec, ready, payloads, target: () => target, connection: () => connection, ui: () => ui },
    moved: () => moving.signal,
    row: () => rowOf(server),
    async close() {
      await connection?.close();
      await server.stop();
      await codecServer.close();
    },
  };
}

/** Milliseconds between two questions whether a cluster is there, and for one answer. */
const askMs = 10_000;
const answerMs = 5_000;

/** Asks a cluster every few seconds whether it is there, until the signal is aborted. */
function followAnswers(connection: () => TemporalConnection | undefined, clock: Clock, signal: AbortSignal) {
  let word: Pick<HealthRow, 'state' | 'word' | 'next'> = { state: 'warning', word: 'was not asked yet' };
  const ask = async () => {
    const open = connection();
    if (open === undefined) return;
    try {
      await open.within(answerMs, () =>
        open.connection.workflowService.describeNamespace({ namespace: open.namespace }),
      );
      word = { state: 'ok', word: 'a cluster of yours; it answers' };
    } catch (error) {
      if (signal.aborted) return;
      const detail = error instanceof Error ? error.message : String(error);
      word = {
        ...{ state: 'trouble', word: `does not answer: ${detail.slice(0, 200)}` },
        next: 'Calls reach the desk meanwhile. See to the cluster, or to TOCSIN_TEMPORAL and its key; it is asked again by itself.',
      };
    }
  };
  const ended = (async () => {
    while (!signal.aborted) {
      await ask();
      await clock.sleep(askMs, signal);
    }
  })();
  return { word: () => word, ended };
}

/** The UI is called by its address and by name. */
function originsOf(ui: string): readonly string[] {
  const { origin } = new URL(ui);
  return [origin, origin.replace('127.0.0.1', 'localhost')];
}

function rowOf(server: DevServer): HealthRow {
  const state = server.state();
  const base = { kind: 'temporal', name: 'dev server' } as const;
  switch (state.state) {
    case 'running':
      return { ...base, state: 'ok', word: 'runs', figures: { pages: state.ui } };
    case 'obtaining':
      return {
        ...base,
        state: 'warning',
        word: 'is being fetched, or built once: this takes minutes; calls do not wait for it',
      };
    case 'not-to-be-had':
      return { ...base, state: 'trouble', word: state.detail, next: state.remedy };
    case 'starting':
    case 'restarting':
      return { ...base, state: 'warning', word: state.detail };
    case 'stopped':
      return { ...base, state: 'warning', word: 'stopped' };
  }
}

/** TLS and key for a cluster; the dev server is on loopback and needs none. */
export function accessOf({ settings }: RunContext, setting: TemporalSetting): Pick<TemporalTarget, 'tls' | 'apiKey'> {
  if (setting.kind !== 'cluster') return {};
  const { temporalTlsCa, temporalTlsCertificate, temporalTlsKey, temporalTlsServerName, temporalApiKey } = settings;
  const loopback = /^(127\.|localhost:|\[::1\])/.test(setting.address);
  const given = [temporalTlsCa, temporalTlsCertificate, temporalTlsKey, temporalTlsServerName].some(
    (one) => one !== undefined,
  );
  const tls = {
    ...(temporalTlsCa === undefined ? {} : { ca: pem('TOCSIN_TEMPORAL_TLS_CA', temporalTlsCa) }),
    ...(temporalTlsCertificate === undefined
      ? {}
      : { cert: pem('TOCSIN_TEMPORAL_TLS_CERTIFICATE', temporalTlsCertificate) }),
    ...(temporalTlsKey === undefined ? {} : { key: Buffer.from(temporalTlsKey) }),
    ...(temporalTlsServerName === undefined ? {} : { serverName: temporalTlsServerName }),
  };
  return {
    // Off loopback nothing is spoken in plain text.
    ...(given ? { tls } : loopback && temporalApiKey === undefined ? {} : { tls: true }),
    ...(temporalApiKey === undefined ? {} : { apiKey: () => temporalApiKey }),
  };
}

function pem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CommandError(exitCodes.settings, `${name}: ${file} cannot be read (${code})`);
  }
}
