import { connect } from 'node:http2';

/** `grpc.health.v1.HealthCheckRequest { service = 1 }`: what serves workflows, not the process alone. */
const service = 'temporal.api.workflowservice.v1.WorkflowService';
const message = Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
const request = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
/** Length-prefixed `HealthCheckResponse { status = SERVING }`. */
const serving = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

/**
 * Asks a server on plain text by the gRPC health protocol whether it serves workflows now. Over bare HTTP/2, because a gRPC channel to a server that is not
 * there yet has a back-off of its own.
 * @param address host:port
 */
export function isServing(address: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const timer = setTimeout(() => settle(false), timeoutMs);
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    session.on('error', () => settle(false)).on('close', () => settle(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => settle(Buffer.concat(chunks).equals(serving)));
    stream.on('error', () => settle(false));
    stream.end(request);
  });
}
