import { describe, expect, it } from 'vitest';
import { emptyQuarantine, knowsNobody } from '#test/support/fake-keeping.ts';
import { createDeskFixture } from '#test/web/desk-fixture.ts';
import type { EraseResult } from '#web/erasing.ts';
import type { PublishAnswer } from '#web/quarantine.ts';
import { erasureExtentSchema, problemSchema } from '#web/schema-answers.ts';

const id = '00000000-0000-4000-8000-000000000001';
const codeOf = async (answer: Response) => problemSchema.parse(await answer.json())['code'];

describe('an erasure over HTTP', () => {
  it('is of a person in the body, shown first as numbers, and done by somebody', async () => {
    const asked: unknown[] = [];
    const { post, logged } = createDeskFixture({
      erasing: {
        ...knowsNobody,
        async erase(...given) {
          asked.push(given);
          return { ok: true, keys: 2, left: 0 };
        },
      },
    });
    const preview = await post('/api/erasures/preview', { caller: '+1 425 555 0101' });
    expect(erasureExtentSchema.parse(await preview.json())).toMatchObject({ extent: 'nothing' });
    const body = { caller: '+1 425 555 0101', extent: 'nothing' };
    expect([(await post('/api/erasures', body)).status, asked]).toEqual([400, []]);
    const done = await post('/api/erasures', { ...body, by: 'Ada' }, { 'x-tocsin-client': 'cli' });
    expect([done.status, await done.json()]).toEqual([200, { keys: 2, left: 0 }]);
    expect(asked).toEqual([['number:14255550101', 'nothing', { by: 'Ada', from: 'cli' }]]);
    expect(logged.join()).toMatch(/a person was erased/);
    expect(logged.join()).not.toContain('5550101');
  });

  it.each([
    ['refused', 409],
    ['not-ready', 503],
    ['unavailable', 503],
  ] as const)('says when it is not done: %s', async (reason, status) => {
    const result: EraseResult = { ok: false, reason, detail: 'why not' };
    const { post } = createDeskFixture({ erasing: { preview: async () => result, erase: async () => result } });
    const answers = [
      await post('/api/erasures/preview', { caller: 'a@x.example' }),
      await post('/api/erasures', { caller: 'a@x.example', extent: 'x', by: 'Ada' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(status);
      expect(problemSchema.parse(await answer.json())).toMatchObject({ detail: 'why not' });
    }
  });
});

describe('the quarantine over HTTP', () => {
  it.each([
    [{ ok: true }, 200],
    [{ ok: false, reason: 'not-found' }, 404],
    [{ ok: false, reason: 'refused', detail: 'gone' }, 409],
    [{ ok: false, reason: 'unavailable', detail: 'away' }, 503],
  ] as const satisfies readonly (readonly [PublishAnswer, number])[])('answers %j with %i', async (answer, status) => {
    const { post } = createDeskFixture({ quarantine: { ...emptyQuarantine, publish: async () => answer } });
    expect((await post(`/api/quarantine/${id}/publish`, { by: 'Olga' })).status).toBe(status);
  });

  it('goes on where the page before says, and takes no other place', async () => {
    const asked: (string | undefined)[] = [];
    const list = async (before?: string) => {
      asked.push(before);
      return { items: [], ...(before === undefined ? { next: '00000000000000000007' } : {}) };
    };
    const { get } = createDeskFixture({ quarantine: { ...emptyQuarantine, list } });
    expect(await (await get('/api/quarantine')).json()).toEqual({ items: [], next: '00000000000000000007' });
    expect(await (await get('/api/quarantine?cursor=00000000000000000007')).json()).toEqual({ items: [] });
    expect(asked).toEqual([undefined, '00000000000000000007']);
    expect(await codeOf(await get('/api/quarantine?cursor=yesterday'))).toBe('invalid-query');
  });

  it('takes ids alone, and somebody who asks', async () => {
    const { post } = createDeskFixture();
    expect(await codeOf(await post('/api/quarantine/x/publish', { by: 'Olga' }))).toBe('record-not-found');
    expect(await codeOf(await post(`/api/quarantine/${id}/publish`, {}))).toBe('invalid-body');
  });
});
