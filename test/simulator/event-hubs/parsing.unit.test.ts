import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createGrants } from '#simulator/event-hubs/auth/grants.ts';
import { checkSharedAccessSignature } from '#simulator/event-hubs/auth/shared-access-signature.ts';
import { emptySegment, messageAt, putRecord, scanRecords } from '#simulator/event-hubs/log/segment.ts';
import { parseAddress } from '#simulator/event-hubs/nodes/address.ts';
import { parseStartPosition } from '#simulator/event-hubs/start-position.ts';

const selector = (text: string) => parseStartPosition({ 'apache.org:selector-filter:string': { value: text } });

it('reads the selectors that clients send', () => {
  expect(selector("amqp.annotation.x-opt-offset > '-1'")).toEqual({ by: 'earliest' });
  expect(selector("amqp.annotation.x-opt-offset > '@latest'")).toEqual({ by: 'latest' });
  expect(selector("amqp.annotation.x-opt-offset >= '120'")).toEqual({ by: 'offset', value: 120, inclusive: true });
  expect(selector("amqp.annotation.x-opt-sequence-number > '5'")).toEqual({
    by: 'sequence-number',
    value: 5,
    inclusive: false,
  });
  expect(selector("amqp.annotation.x-opt-enqueued-time > '1700000000000'")).toEqual({
    by: 'enqueued-time',
    value: 1_700_000_000_000,
  });
  expect(parseStartPosition(undefined)).toEqual({ by: 'earliest' });
});

it('refuses other selectors', () => {
  for (const text of ['', 'true', "amqp.annotation.x-opt-offset < '1'", "amqp.annotation.x-opt-offset > 'one'"]) {
    expect(selector(text)).toBeUndefined();
  }
});

it('reads addresses with and without the namespace, in any case', () => {
  expect(parseAddress('$cbs')).toEqual({ node: 'cbs' });
  expect(parseAddress('calls/$management')).toEqual({ node: 'management' });
  expect(parseAddress('amqps://host:1/calls')).toMatchObject({ node: 'hub', hub: 'calls', partition: undefined });
  expect(parseAddress('/calls/partitions/3')).toMatchObject({ node: 'hub', partition: '3' });
  expect(parseAddress('calls/consumergroups/$default/PARTITIONS/0')).toMatchObject({
    node: 'consumer-group',
    hub: 'calls',
    group: '$default',
    partition: '0',
  });
  for (const other of ['', null, '$other', 'calls/what', 'calls/ConsumerGroups/g', 'calls/ConsumerGroups/g/x/0']) {
    expect(parseAddress(other)).toBeUndefined();
  }
});

const now = 1_800_000_000_000;
const key = 'key';
function sign(resource: string, expiry: number, signer = key, name = 'root'): string {
  const signature = createHmac('sha256', signer).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${name}`;
}

it('accepts a signature of the key until it expires, and nothing else', () => {
  const check = (token: string) => checkSharedAccessSignature(token, { keyName: 'root', key }, now);
  const later = now / 1000 + 60;
  expect(check(sign('sb%3A%2F%2Fhost%2FCalls%2F', later))).toEqual({
    ok: true,
    path: 'calls',
    expiresAt: later * 1000,
  });
  expect(check(sign('sb%3A%2F%2Fhost', later))).toMatchObject({ ok: true, path: '' });
  expect(check(sign('r', now / 1000 - 1))).toMatchObject({
    ok: false,
    reason: expect.stringContaining('ExpiredToken'),
  });
  const wrong = { ok: false, reason: expect.stringContaining('InvalidSignature') };
  expect(check(sign('r', later, 'other'))).toMatchObject(wrong);
  expect(check(sign('r', later, key, 'other'))).toMatchObject(wrong);
  expect(check(sign('r', later).replace('se=1', 'se=2'))).toMatchObject(wrong);
  expect(check('SharedAccessSignature sr=r')).toMatchObject({ ok: false });
  expect(check('Bearer x')).toMatchObject({ ok: false });
});

it('opens what lies at or below a granted path, as long as the grant lasts', () => {
  let time = 0;
  const grants = createGrants(() => time);
  grants.add('calls/partitions', 10);
  expect(grants.cover('calls/partitions')).toBe(true);
  expect(grants.cover('calls/partitions/0')).toBe(true);
  expect(grants.cover('calls')).toBe(false);
  expect(grants.cover('calls/partitions2')).toBe(false);
  time = 10;
  expect(grants.cover('calls/partitions/0')).toBe(false);
  grants.add('', 20);
  expect(grants.cover('anything')).toBe(true);
});

it('indexes stored records again, and stops at whatever a crash left half-written', () => {
  const segment = emptySegment(7, 1000);
  for (let index = 0; index < 6; index++) putRecord(segment, Buffer.alloc(10 + index, index), index, index % 2 === 1);
  const image = Buffer.from(segment.image?.subarray(0, segment.size) ?? []);
  const whole = scanRecords(7, 1000, image);
  expect(whole).toMatchObject({ base: 7, positions: segment.positions, times: [0, 1, 2, 3, 4, 5], size: segment.size });
  expect(messageAt(whole, image, 4)).toEqual(Buffer.alloc(14, 4));
  for (let end = image.length - 1; end > 0; end--) {
    const torn = scanRecords(7, 1000, image.subarray(0, end));
    // Never half a batch of two.
    expect(torn.positions.length % 2).toBe(0);
    expect(torn.positions.length).toBe(
      segment.positions.filter((_, i) => i % 2 === 0 && (segment.positions[i + 2] ?? segment.size) <= end).length * 2,
    );
  }
  const flipped = Buffer.from(image);
  flipped[(segment.positions[2] ?? 0) + 25]! ^= 1;
  expect(scanRecords(7, 1000, flipped).positions.length).toBe(2);
});
