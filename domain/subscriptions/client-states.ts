import { isJsonObject } from '#kernel/json.ts';

/**
 * The client states of one subscription, as they are kept in the key store under `subscription/<id>/client-state`: the present one, and those before it, which
 * notices may still carry that are under way. Secret.
 */
export interface ClientStates {
  readonly current?: ClientState;
  readonly previous: readonly (ClientState & { /** Milliseconds since 1970 UTC. */ readonly until: number })[];
}

export interface ClientState {
  readonly value: string;
  /** Names the creation that it was made for: a repeated one takes the same. */
  readonly creation: string;
}

/**
 * A subscription whose creation nobody heard of is adopted with the state that it was given before the present one, and one of emergency events lives with that for as
 * long as it is renewed. What is accepted too long costs nothing: nobody but Graph and we knew it.
 */
const overlapMs = 3650 * 86_400_000;
const mostPrevious = 32;

/** From the stored text; damaged text is none. */
export function readClientStates(text: string | undefined): ClientStates {
  if (text === undefined) return { previous: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { previous: [] };
  }
  if (!isJsonObject(parsed)) return { previous: [] };
  const { current, previous } = parsed;
  return {
    ...(isState(current) ? { current: { value: current.value, creation: current.creation } } : {}),
    previous: Array.isArray(previous)
      ? previous.filter(isState).flatMap((state) => {
          const { until } = state as { until?: unknown };
          return typeof until === 'number' ? [{ value: state.value, creation: state.creation, until }] : [];
        })
      : [],
  };
}

/** The next state of them with a new one; the same when it was made for that creation already. @param now milliseconds since 1970 UTC */
export function withClientState(states: ClientStates, next: ClientState, now: number): ClientStates {
  if (states.current?.creation === next.creation) return states;
  const previous = [
    ...(states.current === undefined ? [] : [{ ...states.current, until: now + overlapMs }]),
    ...states.previous.filter(({ until }) => until > now),
  ];
  return { current: next, previous: previous.slice(0, mostPrevious) };
}

/** All values that a notice may carry now. @param now milliseconds since 1970 UTC */
export function acceptedClientStates(states: ClientStates, now: number): readonly string[] {
  return [
    ...(states.current === undefined ? [] : [states.current.value]),
    ...states.previous.filter(({ until }) => until > now).map(({ value }) => value),
  ];
}

function isState(value: unknown): value is ClientState {
  if (typeof value !== 'object' || value === null) return false;
  const { value: text, creation } = value as { value?: unknown; creation?: unknown };
  return typeof text === 'string' && text !== '' && typeof creation === 'string';
}
