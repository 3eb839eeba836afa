import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { GraphSubscription } from '#ports/graph.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { record } from '#workflows/activities/record.ts';
import { addressesOf, differsFrom, resourceOf, sameResource } from '#workflows/activities/subscription-request.ts';
import { identityTrouble, troubleOf } from '#workflows/activities/trouble.ts';
import {
  checkNow,
  type Feed,
  type ReconcileReport,
  reconcileWorkflowId,
  type SubscriptionSpec,
  type SubscriptionView,
  streamOf,
  subscriptionView,
  subscriptionWorkflowId,
} from '#workflows/contract.ts';
import type { Activities } from '#workflows/definitions/activities.ts';

/**
 * Compares what Graph lists for one credential with what the entities hold. Graph is asked first: what is made afterwards cannot look like an orphan. An entity that is
 * busy may be about to adopt what it does not hold yet, so nothing of its resource is touched.
 */
export function createReconcileActivity(deps: ActivityDeps): Pick<Activities, 'reconcileFeed'> {
  /** Undefined of one that does not run. One that runs and does not answer has lost its worker as a rule, to another one in a moment: that is waited for before it is taken for the same. */
  async function view(spec: SubscriptionSpec): Promise<SubscriptionView | undefined> {
    const { client, info } = Context.current();
    try {
      return await client.workflow.getHandle(subscriptionWorkflowId(spec.id)).query(subscriptionView);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) && info.attempt < mostSilences) throw error;
      return undefined;
    }
  }

  return {
    async reconcileFeed({ feed }) {
      const nothing = { removed: [], told: [], uncovered: [], failed: [] };
      const all = deps.desired();
      const specs = all.filter((spec) => spec.credential === feed);
      const resources = new Map<SubscriptionSpec, string>();
      for (const spec of all) {
        const known = await deps.identity(spec.credential).state();
        if (!known.ok) return { ...nothing, failed: [{ feed, what: identityTrouble(known.trouble).what }] };
        resources.set(spec, resourceOf(spec, known.userId));
      }
      const listedAt = deps.clock.now();
      const listed = await deps.graph(feed).listSubscriptions();
      if (!listed.ok)
        return {
          ...nothing,
          ...{ uncovered: await uncovered(specs), failed: [{ feed, what: troubleOf(listed, 'graph').what }] },
        };
      // Of both feeds: they may be subscribed by the same application, and then each sees the other's.
      const views = new Map<SubscriptionSpec, SubscriptionView | undefined>();
      for (const spec of all) views.set(spec, await view(spec));

      const { removed, failed } = await removeOrphans(feed, listed.value, resources, views);
      const told: string[] = [];
      for (const spec of specs) {
        const entity = views.get(spec);
        const { held } = entity ?? {};
        if (held === undefined || entity?.busy === true) continue;
        const found = listed.value.find(({ id }) => id === held.graphId);
        const live = found !== undefined && found.expiresAt > deps.clock.now();
        if (live && differsFrom(spec, deps.delivery, resources.get(spec) ?? '', found) === undefined) {
          await confirm(spec, entity, listedAt);
          continue;
        }
        await Context.current().client.workflow.getHandle(subscriptionWorkflowId(spec.id)).signal(checkNow);
        told.push(spec.id);
      }
      return { removed, failed, told, uncovered: await uncovered(specs) };
    },
  };

  /** On record that it lives: what cannot be proved later begins here at the earliest. */
  async function confirm(spec: SubscriptionSpec, entity: SubscriptionView | undefined, at: number): Promise<void> {
    const { held, deliversUntil } = entity ?? {};
    if (held === undefined || deliversUntil === undefined) return;
    const { feed, policy, apiVersion, content } = spec;
    const data = {
      ...{ feed, ...(policy === undefined ? {} : { policy }), graphId: held.graphId, apiVersion, content },
      ...{ expiresAt: new Date(held.expiresAt).toISOString(), deliversUntil: new Date(deliversUntil).toISOString() },
      ...(held.certificateId === undefined ? {} : { encryptionCertificateId: held.certificateId }),
    };
    await record(deps, {
      stream: streamOf(subscriptionWorkflowId(spec.id)),
      decisions: [{ run: `reconcile ${deps.clock.now()}`, seq: 0, at, type: 'SubscriptionConfirmed', data }],
    });
  }

  /**
   * Deletes what delivers to us and belongs to nobody. On record first, once for each: afterwards Graph lists it no more, and a worker that dies in between could
   * not say what it did. One that Graph does not let go is tried again in the next round.
   */
  async function removeOrphans(
    feed: Feed,
    listed: readonly GraphSubscription[],
    resources: ReadonlyMap<SubscriptionSpec, string>,
    views: ReadonlyMap<SubscriptionSpec, SubscriptionView | undefined>,
  ): Promise<Pick<ReconcileReport, 'removed' | 'failed'>> {
    const owned = new Set([...views.values()].map((each) => each?.held?.graphId));
    const application = deps.delivery.applicationId?.(feed);
    const address = addressesOf(deps.delivery, feed).notificationUrl.toLowerCase();
    const removed: string[] = [];
    const failed: ReconcileReport['failed'][number][] = [];
    for (const found of listed) {
      const ours =
        found.notificationUrl.toLowerCase() === address &&
        (application === undefined || found.applicationId === undefined || found.applicationId === application);
      if (!ours || owned.has(found.id) || found.expiresAt <= deps.clock.now()) continue;
      const [spec] = [...resources].find(([, resource]) => sameResource(resource, found.resource)) ?? [];
      const entity = spec === undefined ? undefined : views.get(spec);
      // Without a settled entity it may be the one that is about to be adopted.
      if (spec !== undefined && (entity === undefined || entity.busy || entity.held === undefined)) continue;
      await recordOrphan(feed, spec?.policy, found.id);
      const gone = await deps.graph(feed).deleteSubscription(found.id);
      if (gone.ok) removed.push(found.id);
      else
        failed.push({
          feed,
          what: `A subscription that nobody knows is still there: ${troubleOf(gone, 'graph').what}`,
        });
    }
    return { removed, failed };
  }

  /** In a stream of the reconciler's own: what no entity holds is not to be taken for the end of what one does. */
  async function recordOrphan(feed: Feed, policy: string | undefined, graphId: string): Promise<void> {
    const data = { feed, ...(policy === undefined ? {} : { policy }), graphId, cause: 'orphan' };
    await record(deps, {
      stream: `${streamOf(reconcileWorkflowId)}-${feed}`,
      decisions: [{ run: `orphan ${graphId}`, seq: 0, type: 'SubscriptionRemoved', data }],
    });
  }

  /** Those without a live subscription; one whose entity does not even run is put on record here, as nobody else does. */
  async function uncovered(specs: readonly SubscriptionSpec[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const spec of specs) {
      const entity = await view(spec);
      const { held } = entity ?? {};
      if (held !== undefined && held.expiresAt > deps.clock.now()) continue;
      found.push(spec.id);
      if (entity === undefined) await alarm(spec);
    }
    return found;
  }

  async function alarm({ id, feed, policy }: SubscriptionSpec): Promise<void> {
    const stream = streamOf(subscriptionWorkflowId(id));
    const tail = await deps.log.readStream(stream, { direction: 'backwards', limit: 1 });
    if (tail.ok && tail.events[0]?.data['code'] === notCovered) return;
    const data = {
      ...{ feed, ...(policy === undefined ? {} : { policy }), code: notCovered },
      what: 'No subscription covers it, and nothing works on one.',
      next: 'Check that the worker runs and that Temporal is well (`tocsin doctor`).',
    };
    await record(deps, {
      stream,
      decisions: [{ run: `reconcile ${deps.clock.now()}`, seq: 0, type: 'SubscriptionTroubled', data }],
    });
  }
}

const notCovered = 'not-covered';
/** Attempts, about 1, 2, 4 and 8 seconds after each other, that an entity may let pass without an answer. */
const mostSilences = 5;
