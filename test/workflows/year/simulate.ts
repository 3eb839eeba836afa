import type { Client, WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { streamPrefixes } from '#domain/names.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { MessageToPublish } from '#ports/event-publisher.ts';
import { createMemoryHub } from '#simulator/memory-event-source.ts';
import { createMemoryKeyStore } from '#simulator/memory-key-store.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { createFakeVisibility } from '#test/adapters/temporal/fake-visibility.ts';
import { type RecordedGap, recordedGaps } from '#test/projections/watch/recorded-gaps.ts';
import { tenant } from '#test/support/calls.ts';
import { eventually } from '#test/support/eventually.ts';
import { createCoverage, type Gap, unexplained } from '#test/workflows/year/coverage.ts';
import { startDyingWorker } from '#test/workflows/year/dying-worker.ts';
import { type Absence, createListener } from '#test/workflows/year/listener.ts';
import { longestRun } from '#test/workflows/year/longest-run.ts';
import { createMicrosoft } from '#test/workflows/year/microsoft.ts';
import { planMisfortunes } from '#test/workflows/year/misfortunes.ts';
import { mostIn20s } from '#test/workflows/year/most-in-20s.ts';
import { createQuiet } from '#test/workflows/year/quiet.ts';
import { story } from '#test/workflows/year/story.ts';
import { createTeams } from '#test/workflows/year/teams.ts';
import { createTimeline } from '#test/workflows/year/timeline.ts';
import { untilNoTimerFires } from '#test/workflows/year/timers-at.ts';
import {
  type CallsVerdict,
  judgeCalls,
  missingAbsences,
  missingRecords,
  unexplainedRecords,
} from '#test/workflows/year/verdict.ts';
import { chance, type Fault, weather } from '#test/workflows/year/weather.ts';
import { whileItSkips } from '#test/workflows/year/while-it-skips.ts';
import { createYearLog } from '#test/workflows/year/year-log.ts';
import type { ActivityDeps, KeyAndCertificate } from '#workflows/activities/deps.ts';
import {
  credentialView,
  credentialWorkflowId,
  requestSignIn,
  streamOf,
  subscriptionWorkflowId,
  taskQueue,
} from '#workflows/contract.ts';
import { desiredBy, wantedIds } from '#workflows/desired.ts';
import { createLogFollower } from '#workflows/log-follower.ts';
import { createStarter } from '#workflows/starter.ts';

export interface SimulateOptions {
  readonly env: TestWorkflowEnvironment;
  readonly codePath: string;
  readonly seed: number;
  readonly days: number;
  readonly policies: number;
  /** Made once: keys take long to make. */
  readonly certificate: KeyAndCertificate;
  readonly onDay?: (day: number) => void;
}

export interface Simulated {
  readonly faults: readonly Fault[];
  readonly gaps: readonly Gap[];
  readonly unexplained: readonly Gap[];
  readonly recorded: readonly RecordedGap[];
  readonly recordedWithoutFault: readonly RecordedGap[];
  readonly notRecorded: readonly Gap[];
  readonly calls: CallsVerdict;
  readonly violations: readonly string[];
  /** How often a lock of the server's time was taken off that it had forgotten. */
  readonly helped: number;
  /** Live subscriptions that nothing wants, and wanted ones that are not live. */
  readonly leaked: readonly string[];
  readonly missing: readonly string[];
  readonly mostListCalls: number;
  readonly mostOtherCalls: number;
  readonly longestHistory: number;
  readonly graphCalls: number;
  readonly lifecycleNotices: number;
  readonly events: number;
  readonly lives: number;
  /** When nobody read the hub, and what of that the record does not say. */
  readonly absences: readonly Absence[];
  readonly absencesNotRecorded: readonly Absence[];
  readonly secrets: readonly string[];
  /** Where something stands in the log that must not. */
  readonly leaks: readonly string[];
  /** What was on record around all that went wrong. */
  readonly stories: readonly string[];
}

const minute = 60_000;
const hour = 60 * minute;
/** A proof of the watch is worth 150 seconds, and goes on record when the last one is a minute old: whoever looks this often is always there. */
const tickMs = 88_000;
const reconcileMs = 6 * hour;
/** From a fault that is repaired to watching again. */
const slackMs = 60_000;
/** The longest that a notice is under way: milliseconds. */
const arrivalMs = 5;
const callsPerDay = 5;
/** What depends on the day comes again after six (microsoft.ts). */
const alikeMs = 6 * 24 * hour;

/** A year begins at an hour of its own, on a day that is like any other on which it may begin: a seed shows the same year whenever it is run. */
async function beginning(env: TestWorkflowEnvironment, seed: number): Promise<number> {
  const now = await env.currentTimeMs();
  const start = Math.ceil(now / alikeMs) * alikeMs + Math.floor(chance(seed)() * 24 * hour);
  await env.sleep(start - now);
  return env.currentTimeMs();
}

/** Days of two feeds with all that goes wrong in them, on a server that skips time. The seed decides everything but how calls interleave. */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { env, seed, days } = options;
  const random = chance(seed);
  const ids = createSeededIds(seed);
  const start = await beginning(env, seed);
  const end = start + days * 24 * hour;
  const faults = weather(random, start, days, true);
  const published = new Map<string, number>();

  const timeline = createTimeline({
    ...{ start, tickMs },
    onTick: (now) => teams.tick(now),
    isBusy: () => quiet.canWrite() && listener.isAlive() && listener.isBehind(published),
    lookers: () => (listener.isAlive() ? 1 : 0),
  });
  const { clock } = timeline;
  const quiet = createQuiet(faults, timeline.now);
  /** The workflows do not know yet what Graph said. */
  const isToBeTold = () => (log.last('paging')?.data['position'] ?? '') < log.lastLifecycle();
  const microsoft = createMicrosoft({ clock, random, faults });
  const { graph, identities } = microsoft;
  const log = createYearLog(timeline.now, /canary|CODE-/i);
  log.fault = () =>
    microsoft.active('log-away') ? { ok: false, reason: 'unavailable', detail: 'the log is away' } : undefined;

  const partitions = ['0', '1'];
  const hub = createMemoryHub({ clock, partitions: partitions.length, idleMs: 1 });
  const publish = (messages: readonly MessageToPublish[]) => {
    const partition = partitions[Math.floor(random() * partitions.length)] ?? '0';
    published.set(partition, hub.publish(partition, messages));
  };
  const policies = Array.from({ length: options.policies }, (_, index) => `Emergency policy ${index + 1}`);
  const teams = createTeams({
    ...{ timeline, ids, random, policies, tenantId: tenant, live: graph.live, quietUntil: start + hour },
    publish: (body: JsonObject) => {
      const message = { body: new TextEncoder().encode(JSON.stringify(body)), contentType: 'application/json' };
      const messages = microsoft.active('delivery-doubled') ? [message, message] : [message];
      const waitMs = microsoft.active('delivery-delayed') ? random() * 10 * minute : 0;
      timeline.at(clock.now() + waitMs, () => publish(messages));
    },
  });
  graph.control.readable = teams;
  const coverage = createCoverage();
  graph.control.onTouch = (subscription) => {
    coverage.touched(subscription, clock.now());
    teams.touched(subscription);
  };
  graph.control.onEnd = (subscription) => {
    const left = graph.live().find(({ resource }) => resource === subscription.resource);
    coverage.ended(subscription.resource, clock.now(), left);
    teams.deleted(subscription);
  };

  const desired = desiredBy({
    chat: { content: 'rich' },
    events: { method: 'certificate', apiVersion: 'v1.0', policies },
    rules: { maxHistory: 1_000 },
  });
  const listener = createListener({
    ...{ timeline, log, hub, partitions, publish, secrets: microsoft.secrets, ids },
    ...{ keyStore: createMemoryKeyStore({ ids }), graph: graph.graphOf(identities.chat.identity), tenantId: tenant },
    certificate: options.certificate,
    targets: desired.subscriptions.map(({ id, feed, policy, credential }) => ({
      ...{ feed, credential, ...(policy === undefined ? {} : { policy }) },
      subscription: streamOf(subscriptionWorkflowId(id)).slice(streamPrefixes.subscription.length),
    })),
  });
  const recordedBy = { role: 'worker', build: 'test' };
  const deps: ActivityDeps = {
    ...{ log, clock, ids, recordedBy, secrets: microsoft.secrets },
    sealer: { unseal: async (document) => document },
    identity: (credential) => identities[credential].identity,
    graph: (credential) => graph.graphOf(identities[credential].identity),
    delivery: {
      notificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      lifecycleNotificationUrl: 'EventHub:https://hub.example/eventhubname/calls?tenantId=example.org',
      applicationId: () => 'application-id',
    },
    makeCertificate: async () => options.certificate,
    channels: [],
    desired: () => desired.subscriptions,
  };

  const { client, connection } = env;
  await connection.operatorService.addSearchAttributes({
    ...{ namespace: 'default', searchAttributes: { TocsinState: 2, TocsinFeed: 2, TocsinKind: 2, TocsinExpiresAt: 6 } },
  });
  const visibility = createFakeVisibility({
    entities: () => [...wantedIds(desired)].map((workflowId) => ({ workflowId, type: workflowId.split('/')[0] ?? '' })),
    now: timeline.now,
    async start(workflow) {
      await client.workflow.start(workflow.type, {
        ...{ workflowId: workflow.workflowId, taskQueue: workflow.taskQueue, args: [...workflow.args] },
      });
    },
  });
  const starter = createStarter({ client, taskQueue, visibility, reconcileMs });

  for (let n = 0; n < days * callsPerDay; n++)
    timeline.at(start + hour + random() * (end - start - 4 * hour), () => teams.call());

  /** A person who reads the page now and then. */
  async function attend(): Promise<void> {
    if (!microsoft.awaitsPerson() || random() < 0.5) return;
    const handle = client.workflow.getHandle(credentialWorkflowId('chat'));
    const view = await handle.query(credentialView);
    const isHindered = microsoft.active('entra-away', 'key-store-away', 'user-disabled', 'conditional-access');
    if (view.state !== 'sign-in-again' || isHindered) return;
    const { codes } = identities.chat.control;
    await handle.executeUpdate(requestSignIn, { args: [{ why: 'the password was changed' }] });
    await eventually('a code', () => identities.chat.control.codes > codes);
    microsoft.approve();
    await eventually('signed in', async () => (await handle.query(credentialView)).state !== 'waiting-for-sign-in');
  }

  const following = new AbortController();
  const follower = createLogFollower({
    ...{ log, client: patient(client), taskQueue, clock, ids, recordedBy, pages: false },
    desired: () => desired.subscriptions,
  });
  /**
   * This server (1.38.0) never skips time again once an activity was cancelled that waited for its next attempt, and knows a timer no more that is cancelled in the moment
   * in which it fires. So workflows are told what Graph says only when all is well and no timer fires. The real server has tests of its own for the other cases.
   */
  let mayBeTold = Promise.withResolvers<void>();
  function patient({ workflow }: Client): Client {
    const getHandle = (workflowId: string) => ({
      async signal(...args: Parameters<WorkflowHandle['signal']>) {
        await mayBeTold.promise;
        if (!following.signal.aborted) await workflow.getHandle(workflowId).signal(...args);
      },
    });
    return { workflow: { getHandle } } as unknown as Client;
  }
  async function tell(): Promise<void> {
    if (!quiet.canWrite() || !quiet.isCalm() || !isToBeTold()) return;
    mayBeTold.resolve();
    await eventually('told what Graph says', () => !isToBeTold());
    mayBeTold = Promise.withResolvers();
  }

  /** What Graph asks for is told at once, as it would be: a step that went beyond would make the workflows late. A new token lasts longer than a step. */
  let stopAt = 0;
  function stopAtReminder(now: number): void {
    const due = Math.max(teams.nextReminderAt() ?? 0, now + 1);
    if (due === stopAt || due > now + hour / 2) return;
    stopAt = due;
    timeline.at(due, () => undefined);
  }

  const worker = await startDyingWorker({ env, codePath: options.codePath, deps, random, pass: timeline.pass });
  const { passwordChanged } = microsoft;
  planMisfortunes({
    ...{ timeline, random, faults, teams, listener, worker, passwordChanged, reconcileMs },
    graph: { ...graph, unlisted: graph.control.unlisted },
  });
  let longestHistory = 0;
  let helped = 0;
  const followed = follower.run(following.signal);
  try {
    listener.start();
    await starter.ensure(desired);
    let day = -1;
    while (timeline.now() < end) {
      const now = timeline.now();
      const turn = (Math.floor(now / reconcileMs) + 1) * reconcileMs;
      const step = isToBeTold() ? 2 * minute : hour / 2;
      stopAtReminder(now);
      const next = Math.min(now + step, turn, timeline.nextAt() ?? end, Math.max(end, now + 1));
      await whileItSkips({
        ...{ env, workflows: wantedIds(desired), skip: () => env.sleep(Math.max(1, Math.ceil(next - now))) },
        onHelp: () => {
          helped += 1;
        },
        context: () =>
          faults
            .filter(({ from, until }) => from <= timeline.now() && timeline.now() < until)
            .map(({ kind }) => kind)
            .join(', '),
      });
      const wait = untilNoTimerFires(await env.currentTimeMs());
      if (wait > 0) await env.sleep(wait);
      // What was sent at this very moment has arrived.
      await timeline.pass((await env.currentTimeMs()) + arrivalMs);
      await tell();
      await attend();
      await visibility.runDue();
      if (Math.floor((timeline.now() - start) / (24 * hour)) > day) options.onDay?.(++day);
    }
    // What was read again comes to rest.
    for (let tries = 0; listener.gapsToFill() > 0 && tries < 100; tries++) await timeline.pass(timeline.now() + minute);
    coverage.finish(timeline.now());
    longestHistory = await longestRun(client, wantedIds(desired));
  } finally {
    following.abort();
    mayBeTold.resolve();
    listener.kill();
    await worker.stop();
    await followed;
  }

  const wanted = desired.subscriptions.length;
  const resources = graph.live().map(({ resource }) => resource);
  const kept = log.kept();
  const recorded = await recordedGaps(kept, timeline.now());
  // What does not hinder anything explains nothing.
  const hindering = faults.filter(({ kind }) => kind !== 'graph-unlists-one');
  const graphFaults = hindering.filter(({ kind }) => kind !== 'ingest-killed');
  const calls = judgeCalls(teams.calls, kept, recorded, hindering);
  const notRecorded = missingRecords(coverage.gaps, recorded, timeline.now());
  const absencesNotRecorded = missingAbsences(listener.absences(), recorded, ['', ...policies]);
  const withoutFault = unexplained(coverage.gaps, graphFaults, slackMs);
  const recordedWithoutFault = unexplainedRecords(recorded, hindering, start);
  const around = (what: string, span: Parameters<typeof story>[1]) => story(what, span, kept, faults);
  const ofGraph = ({ from, to, resource }: Gap) => ({
    from,
    to,
    policy: /policyName='(.+)'/.exec(resource)?.[1] ?? '',
  });
  const ofCall = (word: string) => ({ from: Date.parse(word.slice(0, 24)), to: Date.parse(word.slice(0, 24)) });
  return {
    ...{ faults, gaps: coverage.gaps, unexplained: withoutFault, recorded, recordedWithoutFault, notRecorded, calls },
    ...{ absences: listener.absences(), absencesNotRecorded },
    stories: [
      ...withoutFault.map((gap) => around('a gap of Graph without a fault', ofGraph(gap))),
      ...recordedWithoutFault.map((gap) => around('a gap on record without a fault', gap)),
      ...notRecorded.map((gap) => around('a gap of Graph that is not on record', ofGraph(gap))),
      ...absencesNotRecorded.map((gap) => around('a time without ingest that is not on record', gap)),
      ...calls.lost.map((word) => around(`a lost call, ${word}`, ofCall(word))),
      ...calls.doubled.map((word) => around(`a call twice, ${word}`, ofCall(word))),
      ...calls.lateUnexplained.map((word) => around(`a late call, ${word}`, ofCall(word))),
    ],
    ...{ helped, violations: graph.violations, longestHistory, graphCalls: graph.calls.length, events: log.written() },
    ...{ lifecycleNotices: teams.lifecycles(), lives: listener.lives(), leaks: log.leaks },
    leaked: resources.filter((resource, index) => resources.indexOf(resource) !== index),
    missing: new Set(resources).size === wanted ? [] : resources,
    mostListCalls: mostIn20s(graph.calls.filter(({ operation }) => operation === 'list').map(({ at }) => at)),
    mostOtherCalls: mostIn20s(graph.calls.filter(({ operation }) => operation !== 'list').map(({ at }) => at)),
    secrets: microsoft.secretNames(),
  };
}
