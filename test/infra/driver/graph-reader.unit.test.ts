import { describe, expect, it } from 'vitest';
import { createGraphReader } from '#infra/driver/graph-reader.ts';

const url = 'https://graph.example/v1.0';

/** Answers in turn, the last one for ever. */
function reading(...answers: readonly (Response | Error)[]) {
  const asked: string[] = [];
  const slept: number[] = [];
  const read = createGraphReader({
    url,
    token: async () => 'token',
    sleep: async (ms) => slept.push(ms),
    fetch: async (address) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(String(address));
      if (answer instanceof Response) return answer.clone();
      throw answer;
    },
  });
  return { read, asked, slept };
}
const json = (body: object, status = 200, headers = {}) => Response.json(body, { status, headers });

describe('reading Graph before a run is taken up', () => {
  it('reads all pages, and says what is not there', async () => {
    const { read, asked } = reading(
      json({ value: [1], '@odata.nextLink': `${url}/next` }),
      json({ value: [2] }),
      json({ error: { code: 'Request_ResourceNotFound' } }, 404),
    );
    expect(await read('/first')).toMatchObject({ value: [1, 2] });
    expect(await read('/gone')).toBeUndefined();
    expect(asked).toEqual([`${url}/first`, `${url}/next`, `${url}/gone`]);
  });

  it('waits where it is throttled, away or not to be reached, as long as it is told', async () => {
    const away = new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    const { read, slept } = reading(json({}, 429, { 'retry-after': '7' }), away, json({}, 503), json({ id: 'x' }));
    expect(await read('/it')).toEqual({ id: 'x' });
    expect(slept).toHaveLength(3);
    expect(slept[0]).toBe(7_000);
    await expect(reading(away).read('/it')).rejects.toThrow('Graph cannot be reached (fetch failed: ECONNRESET)');
    const throttled = reading(json({ error: { code: 'TooManyRequests' } }, 429));
    await expect(throttled.read('/it')).rejects.toThrow('Graph answers 429 to GET /it (TooManyRequests)');
    expect(throttled.asked).toHaveLength(4);
  });

  it('does not ask again where it is refused, and sends its token nowhere else', async () => {
    const refused = reading(json({ error: { code: 'Authorization_RequestDenied' } }, 403));
    await expect(refused.read('/it')).rejects.toThrow('Graph answers 403 to GET /it (Authorization_RequestDenied)');
    expect(refused.asked).toHaveLength(1);
    const elsewhere = reading(json({ value: [], '@odata.nextLink': 'https://other.example/v1.0/next' }));
    await expect(elsewhere.read('/it')).rejects.toThrow('does not end its answer');
    expect(elsewhere.asked).toHaveLength(1);
  });
});
