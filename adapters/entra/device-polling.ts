import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import type { Clock } from '#ports/clock.ts';
import type { DeviceCode } from '#ports/identity.ts';
import { secondsOf } from './exchange.ts';

/** MSAL's requests for a device code, paced by us. */
export interface DevicePolling {
  readonly network: INetworkModule;
  /** Why polling was ended here, where it was. */
  ended(): 'cancelled' | 'code-expired' | undefined;
}

export interface DevicePollingDeps {
  readonly network: INetworkModule;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly show: (code: DeviceCode) => void | Promise<void>;
}

type Body = Record<string, unknown>;

/**
 * MSAL polls at once, waits for what the server named (for nothing, where it named nothing) on a timer that nobody can stop, gives up at `slow_down` and at
 * every passing fault, and notices a cancellation at its next poll only. So it is told to wait for nothing, and the waiting is done here, before each
 * poll, by the rules of RFC 8628 section 3.5.
 */
export function createDevicePolling({ network, clock, signal, show }: DevicePollingDeps): DevicePolling {
  let intervalMs = defaultIntervalMs;
  let expiresAt = 0;
  let ended: 'cancelled' | 'code-expired' | undefined;

  const end = (why: typeof ended): never => {
    ended = why;
    throw new Error(why);
  };

  const askForCode = async (url: string, options?: NetworkRequestOptions) => {
    const answer = await network.sendPostRequestAsync<Body>(url, options);
    const { user_code: userCode, device_code: deviceCode, verification_uri: verificationUri } = answer.body;
    if (answer.status !== 200) throw new Error('refused');
    if (!isUserCode(userCode) || !isPage(verificationUri) || typeof deviceCode !== 'string') {
      throw new Error('an answer without a code');
    }
    const seconds = secondsOf(answer.body['interval']);
    if (seconds !== undefined) intervalMs = clamp(seconds * 1000, 1_000, maximumIntervalMs);
    const lifeMs = clamp((secondsOf(answer.body['expires_in']) ?? 900) * 1000, 30_000, 3_600_000);
    expiresAt = clock.now() + lifeMs;
    await show({ userCode, verificationUri, expiresAt });
    return { ...answer, body: { ...answer.body, interval: 0, expires_in: lifeMs / 1000 } };
  };

  const poll = async (url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<Body>> => {
    if (!signal.aborted) await clock.sleep(Math.min(intervalMs, Math.max(0, expiresAt - clock.now())), signal);
    if (signal.aborted) return end('cancelled');
    if (clock.now() >= expiresAt) return end('code-expired');
    const answer = await network.sendPostRequestAsync<Body>(url, options).catch(() => undefined);
    if (signal.aborted && answer?.status !== 200) return end('cancelled');
    if (answer?.body['error'] === 'slow_down') intervalMs = Math.min(intervalMs + 5_000, maximumIntervalMs);
    else if (answer === undefined || answer.status === 429 || answer.status >= 500) {
      intervalMs = Math.min(Math.max(intervalMs * 2, retryAfterOf(answer)), maximumIntervalMs);
    } else return answer;
    return { status: 400, headers: {}, body: { error: 'authorization_pending' } };
  };

  return {
    network: {
      sendGetRequestAsync: network.sendGetRequestAsync,
      async sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
        const isPoll = new URLSearchParams(options?.body ?? '').has('device_code');
        return (await (isPoll ? poll(url, options) : askForCode(url, options))) as NetworkResponse<T>;
      },
    },
    ended: () => ended,
  };
}

/** RFC 8628 section 3.2: where the server names none. */
const defaultIntervalMs = 5_000;
const maximumIntervalMs = 60_000;

// Both are printed on terminals and pages.
const isUserCode = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9-]{4,32}$/.test(value);
const isPage = (value: unknown): value is string =>
  typeof value === 'string' && !/\s|\p{Cc}/u.test(value) && URL.parse(value)?.protocol === 'https:';

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);

function retryAfterOf(answer: NetworkResponse<Body> | undefined): number {
  return (secondsOf(answer?.headers['retry-after']) ?? 0) * 1000;
}
