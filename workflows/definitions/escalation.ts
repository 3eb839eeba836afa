import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { nextPageInMs, type PageOutcome, pageUrgency, pagingRules } from '#domain/emergency/paging.ts';
import {
  acknowledged,
  descriptions,
  type EscalationInput,
  escalationView,
  resolved,
  type StateWord,
  type Status,
  turnedReal,
} from '#workflows/contract.ts';
import { activity } from '#workflows/definitions/activities.ts';
import { createBoard, time } from '#workflows/definitions/board.ts';
import { runIsLong } from '#workflows/definitions/run-length.ts';
import { untilWoken } from '#workflows/definitions/until-woken.ts';

const longestAttemptMs = 90_000;

/** One emergency, until somebody acknowledges or resolves it: pages, louder each time. A test call is paged once. */
export async function escalation(input: EscalationInput): Promise<void> {
  const { emergencyId } = input;
  let { test } = input;
  const rules = { ...pagingRules, ...input.rules };
  const began = input.carried?.began ?? Date.now();
  let ended: Ending | undefined;
  let attempt = input.carried?.attempt ?? 0;
  let last: PageOutcome | undefined = input.carried?.last;
  let nextAt = began;
  let givenUp = false;
  /** The log was read for the last attempt before a report said that this is no test. */
  let outdated = false;
  /** A report said so, whatever may be read. */
  let saidReal = false;
  /** Another run may have paged: the first attempt that can read the log counts on from there. */
  let begins = input.carried === undefined;
  /** Attempts in a row for which the log could not be read. */
  let unread = 0;
  const board = createBoard('escalation', `Emergency ${emergencyId}`);

  const status = (): Status => {
    const state: StateWord = ended ?? 'paging';
    const tries = `${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}${last === undefined ? '' : `, the last one: ${last}`}`;
    return {
      ...{ state, since: began },
      what: `${whatOf(ended, test)}; ${tries}.`,
      next: ended === undefined ? `The next page is at ${time(nextAt)}, louder.` : 'Nothing.',
    };
  };
  const end = (how: Exclude<Ending, 'over'>) => () => {
    ended = ended === 'resolved' ? ended : how;
    board.show(status());
  };
  setHandler(acknowledged, end('acknowledged'), descriptions.acknowledged);
  setHandler(resolved, end('resolved'), descriptions.resolved);
  setHandler(
    turnedReal,
    () => {
      saidReal = true;
      // Also where a page is under way that will say it is a test, as it was when the log was read. Builds before this one knew of less: what they left is replayed as it was.
      if (patched('real-again') || (test && patched('turned-real'))) outdated = true;
    },
    descriptions.turnedReal,
  );
  setHandler(
    escalationView,
    () => ({ ...status(), emergencyId, attempts: attempt, ...(last === undefined ? {} : { last }) }),
    descriptions.escalationView,
  );

  const isOutdated = () => test && outdated;

  board.show(status());
  while (ended === undefined) {
    attempt++;
    const urgency = pageUrgency(attempt);
    const startedAt = Date.now();
    givenUp = false;
    outdated = false;
    last = await page(attempt, urgency);
    // The log says that somebody acted: the signal is on its way, or came before this run began.
    if (last === undefined) break;
    if (isOutdated()) {
      nextAt = Date.now();
      continue;
    }
    // One that was given up has been a pause: no worker may have been there to make it.
    // The first one without details is followed soon: as a rule the log is back by then.
    nextAt = (givenUp ? startedAt : Date.now()) + nextPageInMs(attempt, unread === 1 ? 'failed' : last, rules);
    board.show(status());
    if (test && last === 'accepted') break;
    if (runIsLong(input.maxHistory) && ended === undefined) {
      await condition(allHandlersFinished);
      if (ended !== undefined) break;
      await condition(() => ended !== undefined || isOutdated(), Math.max(1, nextAt - Date.now()), {
        summary: 'until the next page',
      });
      if (ended !== undefined) break;
      await continueAsNew<typeof escalation>({ ...input, carried: { began, attempt, last } });
    }
    await condition(() => ended !== undefined || isOutdated(), Math.max(1, nextAt - Date.now()), {
      summary: `until page ${attempt + 1}, urgency ${pageUrgency(attempt + 1)}`,
    });
  }
  ended ??= 'over';
  board.show(status());
  await condition(allHandlersFinished);

  /** One attempt, which ends at once when somebody acts; undefined: the log says that somebody did. */
  async function page(number: number, urgency: number): Promise<PageOutcome | undefined> {
    try {
      const done = await untilWoken(
        () => ended !== undefined,
        () =>
          activity(
            'page',
            `page, attempt ${number}, urgency ${urgency}`,
            { emergencyId, attempt: number, urgency, begins, test: test && !saidReal },
            {
              startToCloseTimeout: '1m',
              heartbeatTimeout: '3s',
              // Repeated, an attempt keeps its id and is no louder: the next one has to come whatever holds this one up.
              scheduleToCloseTimeout: input.attemptMs ?? longestAttemptMs,
            },
          ),
      );
      if (done.kind === 'woken') return 'cancelled';
      if (done.kind === 'timeout') {
        givenUp = true;
        return 'failed';
      }
      if (done.value.kind === 'not-needed') {
        ended ??= actedOn(done.value);
        return undefined;
      }
      test = done.value.test;
      attempt = done.value.attempt ?? attempt;
      unread = done.value.unread === true ? unread + 1 : 0;
      begins &&= unread > 0;
      return done.value.pages.some(({ outcome }) => outcome === 'accepted') ? 'accepted' : 'failed';
    } catch (error) {
      if (isCancellation(error)) throw error;
      // Whatever is wrong with one attempt, the next one is made.
      return 'failed';
    }
  }
}

/** `over`: nobody acted, and nobody has to be paged any more. */
type Ending = 'acknowledged' | 'resolved' | 'over';

function whatOf(ended: Ending | undefined, test: boolean): string {
  if (ended === undefined) return 'Nobody has acted yet';
  if (ended !== 'over') return 'Somebody acted';
  return test ? 'A test call, which is paged once and needs nobody to act' : 'Nobody has to be paged';
}

/** What the log says of who acted; a build before this one did not tell, or said that there is no emergency. */
function actedOn({ status }: { readonly status?: string }): Ending {
  return status === 'acknowledged' || status === 'resolved' ? status : 'over';
}
