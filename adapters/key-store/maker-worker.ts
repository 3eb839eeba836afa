import { randomUUID } from 'node:crypto';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { connect } from './connection.ts';
import type { FromMaker, MakerOrder, ToMaker } from './maker.ts';
import { subjectKeys } from './subject-keys.ts';

/** Thread that makes keys: all who wait when it is free share one commit. */
if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const { id, ...place } = workerData as MakerOrder;
const connection = connect({ ...place, random: randomUUID, mustExist: true }, () => undefined);
if (connection.id !== id) throw new Error(`another key store stands at ${place.file}`);

type Asked = Extract<ToMaker, { kind: 'keys' }>;

function answerAll(asked: readonly Asked[]): void {
  const made = connection.run((database) => ({
    ok: true as const,
    keys: subjectKeys(database, [...new Set(asked.flatMap(({ subjects }) => subjects))], randomUUID),
  }));
  for (const { number, subjects } of asked)
    port.postMessage({ number, answer: of(made, subjects) } satisfies FromMaker);
}

/** Of what was made for all, what one of them asked for. */
function of(made: FromMaker['answer'], subjects: readonly string[]): FromMaker['answer'] {
  if (!made.ok) return made;
  const keys = subjects.flatMap((subject) => {
    const key = made.keys.get(subject);
    // Bytes of their own: a view would take along all of the buffer that it is a view of.
    return key === undefined ? [] : [[subject, { keyId: key.keyId, key: Uint8Array.from(key.key) }] as const];
  });
  return { ok: true, keys: new Map(keys) };
}

port.on('message', (first: ToMaker) => {
  const asked: Asked[] = [];
  let message: ToMaker | undefined = first;
  while (message?.kind === 'keys') {
    asked.push(message);
    message = receiveMessageOnPort(port)?.message;
  }
  if (asked.length > 0) answerAll(asked);
  if (message?.kind === 'close') {
    connection.close();
    port.close();
  }
});
