import { Agent, buildConnector } from 'undici';
import type { Deployed } from '#cli/deployed/start-deployed.ts';
import { createUserAgent, type UserAgent } from '#test/web/sign-in/user-agent.ts';

/** A browser that finds the desk by the name that the stack gave it: at the ingress, whose certificate carries that name. */
export function browserFor(deployed: Deployed): UserAgent {
  const connector = buildConnector({ ca: deployed.authority });
  const { hostname } = new URL(deployed.deskUrl);
  return createUserAgent(
    new Agent({
      connect: (options, callback) =>
        connector(
          options.hostname === hostname && hostname !== 'localhost'
            ? { ...options, hostname: '127.0.0.1', port: String(deployed.ingress.port), servername: hostname }
            : options,
          callback,
        ),
    }),
  );
}
