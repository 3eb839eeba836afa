import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import {
  type CredentialSpec,
  credentialWorkflowId,
  type Feed,
  type SubscriptionSpec,
  subscriptionWorkflowId,
} from '#workflows/contract.ts';

/** What the settings want to run. */
export interface Desired {
  readonly credentials: readonly CredentialSpec[];
  readonly subscriptions: readonly SubscriptionSpec[];
}

/** What settings say, as far as it matters here. */
export interface DesiredSettings {
  /** Absent: the feed is not wanted. */
  readonly chat?: { readonly content: 'rich' | 'basic'; readonly method?: 'device-code' | 'browser' };
  readonly events?: {
    readonly method: 'certificate' | 'federated';
    readonly apiVersion: 'v1.0' | 'beta';
    /** Names of Teams emergency calling policies. */
    readonly policies: readonly string[];
  };
  /** Shortens what lives long; for tests. */
  readonly rules?: {
    readonly credential?: CredentialSpec['rules'];
    readonly subscription?: SubscriptionSpec['rules'];
    readonly maxHistory?: number;
  };
}

/** Id of a policy's subscription: `events/` and the first 12 hex digits of a UUIDv5 of its name, as Temporal stores ids in the clear. Name: `policy|<name>`. */
export function policySubscriptionId(policy: string): string {
  return `events/${uuid5(namespace, `policy|${policy}`).replaceAll('-', '').slice(0, 12)}`;
}

/** The entities that the settings ask for. */
export function desiredBy({ chat, events, rules }: DesiredSettings): Desired {
  const more = {
    ...(rules?.subscription === undefined ? {} : { rules: rules.subscription }),
    ...(rules?.maxHistory === undefined ? {} : { maxHistory: rules.maxHistory }),
  };
  const subscriptions: SubscriptionSpec[] = [];
  if (chat !== undefined)
    subscriptions.push({
      ...{ id: 'chat', feed: 'chat', credential: 'chat', apiVersion: 'v1.0', content: chat.content, ...more },
    });
  const { apiVersion } = events ?? {};
  if (apiVersion !== undefined)
    for (const policy of new Set(events?.policies))
      subscriptions.push({
        ...{ id: policySubscriptionId(policy), feed: 'events', policy, credential: 'events', apiVersion },
        ...{ content: 'rich', ...more },
      });
  const credential = (id: Feed, kind: CredentialSpec['kind'], method: CredentialSpec['method']): CredentialSpec => ({
    ...{ id, kind, method },
    dependents: subscriptions.filter((each) => each.credential === id).map((each) => subscriptionWorkflowId(each.id)),
    ...(rules?.credential === undefined ? {} : { rules: rules.credential }),
    ...(rules?.maxHistory === undefined ? {} : { maxHistory: rules.maxHistory }),
  });
  return {
    credentials: [
      ...(chat === undefined ? [] : [credential('chat', 'delegated', chat.method ?? 'device-code')]),
      ...(events === undefined ? [] : [credential('events', 'application', events.method)]),
    ],
    subscriptions,
  };
}

/** Workflow ids of all that is wanted. */
export function wantedIds({ credentials, subscriptions }: Desired): ReadonlySet<string> {
  return new Set([
    ...credentials.map(({ id }) => credentialWorkflowId(id)),
    ...subscriptions.map(({ id }) => subscriptionWorkflowId(id)),
  ]);
}
