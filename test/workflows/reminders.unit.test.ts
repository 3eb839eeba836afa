import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#kernel/json.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import type { Channel, ReminderMessage } from '#workflows/activities/channels/channel.ts';
import { createReminders } from '#workflows/reminders.ts';

const start = Date.UTC(2026, 0, 1);
const trouble = { kind: 'sign-in-again', code: 'AADSTS50173', what: 'The password was changed.', next: 'Sign in.' };
const { signal } = new AbortController();

async function begin() {
  let now = start;
  const log = createMemoryEventLog(() => now);
  const told: ReminderMessage[] = [];
  const failed: string[] = [];
  const answers: ('accepted' | 'refused' | 'failed')[] = [];
  const channel: Channel = {
    name: 'webhook',
    send: async () => ({ outcome: 'failed', detail: 'not for this' }),
    async remind(message) {
      told.push(message);
      return { outcome: answers.shift() ?? 'accepted', detail: 'HTTP 503' };
    },
  };
  const reminders = createReminders({
    ...{ log, channels: [channel], ids: { fraction: () => 0.5 } },
    clock: { now: () => now, sleep: async () => undefined },
    onFailed: (credential, detail) => void failed.push(`${credential}: ${detail}`),
  });
  const add = async (type: string, data: JsonObject) => {
    const { length } = log.stream('credential-chat');
    const id = `00000000-0000-4000-8000-00000000000${length}`;
    await log.append('credential-chat', length === 0 ? 'no-stream' : length - 1, [{ id, type, data, metadata: {} }]);
    return log.stream('credential-chat').at(-1)!;
  };
  const later = (ms: number) => {
    now += ms;
  };
  return { reminders, told, failed, answers, add, later };
}

describe('a reminder', () => {
  it('says the state, what is wrong, what to do and how urgent it is, and has the id of its event', async () => {
    const { reminders, told, add } = await begin();
    await add('CredentialTroubled', { feed: 'chat', trouble });
    const event = await add('CredentialReminded', { what: 'The password was changed. Sign in.', urgency: 2 });
    await reminders.tell(event, signal);
    expect(told).toEqual([
      {
        ...{ id: event.id, credential: 'chat', state: 'sign-in-again', urgency: 2 },
        ...{ what: 'The password was changed.', next: 'Sign in.' },
      },
    ]);
  });

  it('of an end that is foreseen says that it still works', async () => {
    const { reminders, told, add } = await begin();
    await add('CredentialTroubled', { feed: 'chat', trouble });
    await add('CredentialRefreshed', { feed: 'chat' });
    await reminders.tell(await add('CredentialReminded', { what: 'It ends tomorrow.', urgency: 4 }), signal);
    expect(told).toMatchObject([{ state: 'ok', what: 'It ends tomorrow.', next: expect.stringContaining('sign-in') }]);
  });

  it('is tried some times, and then said to have failed', async () => {
    const { reminders, told, failed, answers, add } = await begin();
    answers.push('failed', 'failed');
    const event = await add('CredentialReminded', { what: 'x', urgency: 1 });
    await reminders.tell(event, signal);
    expect(told).toHaveLength(3);
    expect(failed).toEqual([]);
    answers.push(...Array.from({ length: 9 }, () => 'failed' as const));
    await reminders.tell(event, signal);
    expect(told).toHaveLength(8);
    expect(failed).toEqual(['chat: HTTP 503']);
  });

  it('is not told when it is old, or when somebody has acted since', async () => {
    const { reminders, told, add, later } = await begin();
    const old = await add('CredentialReminded', { what: 'x', urgency: 1 });
    later(2 * 3_600_000);
    const event = await add('CredentialReminded', { what: 'x', urgency: 2 });
    await add('CredentialSignedIn', { feed: 'chat' });
    await reminders.tell(old, signal);
    await reminders.tell(event, signal);
    expect(told).toEqual([]);
  });
});
