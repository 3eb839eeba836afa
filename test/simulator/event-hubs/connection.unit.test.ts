import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { acceptConnection } from '#simulator/event-hubs/amqp/connection.ts';
import { createContainer } from '#simulator/event-hubs/amqp/rhea.ts';

it('hangs up on a client whose frames cannot be answered, says so, and throws at nobody', () => {
  const broken = createContainer('test').create_connection({ reconnect: false });
  broken._process = () => {
    throw new TypeError('Field first is mandatory');
  };
  const container = { create_connection: () => broken, sasl_server_mechanisms: {}, on: () => undefined };
  const socket = new PassThrough();
  const said: string[] = [];
  const { connection } = acceptConnection(
    container,
    socket,
    'somebody',
    () => undefined,
    (line) => said.push(line),
  );
  expect(() => connection._process()).not.toThrow();
  expect(socket.destroyed).toBe(true);
  expect(said).toEqual(['somebody: what it sent could not be answered: TypeError: Field first is mandatory']);
});
