import { parentPort, workerData } from 'node:worker_threads';
import { type ConnectionOptions, connectHere } from '#adapters/sqlite-read-models/connection.ts';
import type { FromThread, ToThread } from '#adapters/sqlite-read-models/messages.ts';
import type { Digest } from '#ports/read-model-store.ts';

/** Thread that works on one file: requests are answered in the order in which they came, a digest goes on between them. */

if (parentPort === null) throw new Error('this file is the body of a thread');
const port = parentPort;
const say = (message: FromThread): void => port.postMessage(message);
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  const connection = await connectHere(workerData as ConnectionOptions);
  const digests = new Map<number, Promise<Digest>>();

  const answer = async (number: number, { request }: ToThread): Promise<unknown> => {
    switch (request.kind) {
      case 'commit':
        return connection.commit(request.groups, request.at);
      case 'read':
        return connection.read(request.questions);
      case 'settle':
        return connection.settle();
      case 'digest': {
        const { position, result } = await connection.digest();
        digests.set(number, result);
        return position;
      }
      case 'digest-result': {
        const result = digests.get(request.digest);
        digests.delete(request.digest);
        return result;
      }
      case 'close':
        await connection.close();
        port.close();
        return undefined;
    }
  };

  port.on('message', (message: ToThread) => {
    answer(message.number, message).then(
      (value) => say({ kind: 'done', number: message.number, value }),
      (error) => say({ kind: 'failed', number: message.number, detail: reason(error) }),
    );
  });
  say({ kind: 'ready', at: connection.at });
} catch (error) {
  say({ kind: 'failed-to-open', detail: reason(error) });
}
