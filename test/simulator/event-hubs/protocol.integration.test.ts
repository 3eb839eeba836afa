import rhea, { type Connection, type Receiver, type Sender } from 'rhea';
import { expect, it } from 'vitest';
import type { EventHubsSimulator } from '#simulator/event-hubs/options.ts';
import { cleanup, producer, sas, startHub } from './support.ts';

// What clients of other languages lean on, looked at frame by frame.

const emptyFrame = Buffer.from('0000000802000000', 'hex');

/** A bare AMQP connection with a token for everything. */
async function connect(hub: EventHubsSimulator, options: object = {}): Promise<Connection> {
  const connection = rhea.create_container().connect({
    host: '127.0.0.1',
    port: hub.port,
    reconnect: false,
    username: sas.keyName,
    ...options,
  });
  connection.on('connection_error', () => {});
  connection.on('disconnected', () => {});
  cleanup(async () => connection.close());
  await new Promise((resolve) => connection.once('connection_open', resolve));
  return connection;
}

async function authorize(connection: Connection, body: unknown, type = 'servicebus.windows.net:sastoken') {
  const answers = connection.open_receiver({ source: '$cbs', name: 'answers' });
  const requests = connection.open_sender('$cbs');
  const answer = new Promise<Record<string, unknown>>((resolve) =>
    answers.once('message', ({ message }) => resolve(message?.application_properties ?? {})),
  );
  await new Promise((resolve) => requests.once('sendable', resolve));
  requests.send({
    message_id: '1',
    reply_to: 'answers',
    to: '$cbs',
    application_properties: { operation: 'put-token', name: 'sb://127.0.0.1/calls', type },
    body,
  });
  return await answer;
}

async function token(): Promise<string> {
  const { createHmac } = await import('node:crypto');
  const resource = encodeURIComponent('sb://127.0.0.1/');
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const signature = createHmac('sha256', sas.key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${sas.keyName}`;
}

const closed = (link: Sender | Receiver, event: string) =>
  new Promise<string>((resolve) =>
    link.once(event, () => {
      const { error } = link;
      resolve(error !== undefined && 'condition' in error ? String(error.condition) : 'none');
    }),
  );

it('keeps a quiet connection alive with heartbeats', async () => {
  const hub = await startHub();
  const connection = await connect(hub, { idle_time_out: 200 });
  const { socket } = connection as unknown as { socket: NodeJS.EventEmitter };
  await new Promise<void>((resolve) => {
    let beats = 0;
    socket.on('data', (chunk: Buffer) => {
      if (chunk.equals(emptyFrame) && ++beats === 3) resolve();
    });
  });
  expect(hub.stats().connections).toBe(1);
});

it('refuses links before a token was put, and says so', async () => {
  const hub = await startHub();
  const connection = await connect(hub);
  expect(await closed(connection.open_sender('calls'), 'sender_error')).toBe('amqp:unauthorized-access');
  const reader = connection.open_receiver('calls/ConsumerGroups/$Default/Partitions/0');
  expect(await closed(reader, 'receiver_error')).toBe('amqp:unauthorized-access');
});

it('answers a token that is none without falling over', async () => {
  const hub = await startHub();
  for (const [body, type] of [
    ['nonsense', undefined],
    ['SharedAccessSignature sr=%&sig=%&se=1&skn=%', undefined],
    [42, 'jwt'],
    [rhea.message.data_section(Buffer.from('x')), 'unknown'],
  ] as const) {
    const connection = await connect(hub);
    expect((await authorize(connection, body, type))['status-code']).toBe(401);
  }
});

it('takes a token sent as bytes, and plain messages whose typed values stay as they are', async () => {
  const hub = await startHub();
  const connection = await connect(hub);
  expect((await authorize(connection, rhea.message.data_section(Buffer.from(await token()))))['status-code']).toBe(202);
  const sender = connection.open_sender('amqps://127.0.0.1/calls/Partitions/0');
  await new Promise((resolve) => sender.once('sendable', resolve));
  sender.send({
    application_properties: { small: rhea.types.wrap_ubyte(7) as unknown as number },
    body: rhea.message.data_section(Buffer.from('plain')),
  });
  await new Promise((resolve) => sender.once('accepted', resolve));

  const receiver = connection.open_receiver({
    source: 'calls/ConsumerGroups/$Default/Partitions/0',
    snd_settle_mode: 0,
    autoaccept: true,
  });
  const { raw, unsettled } = await new Promise<{ raw: Buffer; unsettled: boolean }>((resolve) => {
    const original = receiver.session as unknown as { on_transfer(frame: { payload: Buffer }): void };
    const onTransfer = original.on_transfer;
    let payload: Buffer = Buffer.alloc(0);
    original.on_transfer = function (frame) {
      payload = frame.payload;
      onTransfer.call(this, frame);
    };
    receiver.once('message', ({ delivery }) =>
      resolve({ raw: payload, unsettled: delivery?.remote_settled === false }),
    );
  });
  // ubyte 7 is 0x50 0x07; decoded and encoded again it would have become an unsigned integer (0x52).
  expect(raw.includes(Buffer.concat([Buffer.from('small'), Buffer.from([0x50, 7])]))).toBe(true);
  expect(unsettled).toBe(true);
});

it('rejects bytes that are no message, and keeps the link', async () => {
  const hub = await startHub();
  const connection = await connect(hub);
  await authorize(connection, await token());
  const sender = connection.open_sender('calls');
  await new Promise((resolve) => sender.once('sendable', resolve));
  sender.send(Buffer.from('not a message'), undefined, 0x80013700);
  await new Promise((resolve) => sender.once('rejected', resolve));
  sender.send({ body: 'fine' });
  await new Promise((resolve) => sender.once('accepted', resolve));
  expect(hub.stats().received).toBe(1);
});

it('closes the connection of a client that leaves out the number of a delivery, and serves the others', async () => {
  const hub = await startHub();
  const connection = await connect(hub);
  const own = connection as unknown as {
    _write_frame(channel?: number, performative?: { value: unknown[]; constructor: object }, payload?: Buffer): void;
  };
  const { _write_frame } = own;
  own._write_frame = (channel, performative, payload) => {
    const { descriptor } = (performative?.constructor ?? {}) as { descriptor?: { numeric: number } };
    // The delivery-id of a transfer (AMQP 1.0 part 2 section 2.7.5).
    if (performative !== undefined && descriptor?.numeric === 0x14) performative.value[1] = null;
    _write_frame.call(connection, channel, performative, payload);
  };
  const closing = new Promise((resolve) => connection.once('connection_error', ({ error }) => resolve(error)));
  const sender = connection.open_sender('$cbs');
  await new Promise((resolve) => sender.once('sendable', resolve));
  sender.send({ message_id: '1', body: 'nonsense' });
  expect(await closing).toMatchObject({ condition: 'amqp:decode-error' });
  await producer(hub.connectionString).sendBatch([{ body: 'still here' }]);
  expect(hub.stats().received).toBe(1);
});

it('refuses a filter that it does not understand instead of sending everything', async () => {
  const hub = await startHub();
  const connection = await connect(hub);
  await authorize(connection, await token());
  const receiver = connection.open_receiver({
    source: {
      address: 'calls/ConsumerGroups/$Default/Partitions/0',
      filter: { 'apache.org:selector-filter:string': rhea.types.wrap_described("colour = 'red'", 0x468c00000004) },
    },
  });
  expect(await closed(receiver, 'receiver_error')).toBe('amqp:invalid-field');
});

it('survives clients that send garbage', async () => {
  const hub = await startHub();
  const { connect: connectTcp } = await import('node:net');
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('AMQP\0\x01\0\0\0\0\0\0garbage'),
    Buffer.alloc(64),
  ]) {
    const socket = connectTcp(hub.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    cleanup(async () => socket.destroy());
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.resume();
      socket.end();
    });
  }
  await producer(hub.connectionString).sendBatch([{ body: 'still here' }]);
  expect(hub.stats().received).toBe(1);
});

it('does not start on a port that is taken, and leaves nothing open', async () => {
  const hub = await startHub();
  await expect(startHub({ port: hub.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startHub({ webSockets: { port: hub.port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
