/** What is said of one kind of error, wherever it is shown: HTTP problem details, the command line, the guides. */
export interface ErrorEntry {
  /** Short, plain, the same for every occurrence (RFC 9457 section 3.1.3). */
  readonly title: string;
  /** HTTP status that goes with it; 500 where it is never sent over HTTP. */
  readonly status: number;
  /** Exit code of the command line: 1 the answer is no, 2 wrong usage, 69 a service is unreachable, 78 wrong settings. */
  readonly exit: 1 | 2 | 69 | 78;
  /** What to do about it, in plain language. */
  readonly remedy: string;
}

/**
 * The one closed list of error codes: the guides are generated from it, the HTTP interface sends them as `code`, the command line exits by them.
 * Names are stable: add, do not rename.
 */
export const errorCodes = {
  'already-acknowledged': {
    title: 'Somebody else has this call',
    status: 409,
    exit: 1,
    remedy: 'Nothing has to be done: the answer says who has it and since when. Speak to them before you act.',
  },
  'already-resolved': {
    title: 'This call is resolved',
    status: 409,
    exit: 1,
    remedy: 'Nothing has to be done. A new call of the same caller becomes a new emergency.',
  },
  'emergency-not-found': {
    title: 'There is no such emergency',
    status: 404,
    exit: 1,
    remedy: 'Check the id: `tocsin emergency list` shows those that are known.',
  },
  'record-not-found': {
    title: 'There is no such record',
    status: 404,
    exit: 1,
    remedy: 'Check the id: `tocsin audit list` shows the stored events.',
  },
  'not-found': {
    title: 'There is nothing at this address',
    status: 404,
    exit: 1,
    remedy: 'Check the address. /api/openapi.json lists what there is.',
  },
  'method-not-allowed': {
    title: 'This address does not take that method',
    status: 405,
    exit: 2,
    remedy: 'Use one of the methods that the Allow header names.',
  },
  'invalid-query': {
    title: 'A query parameter is not valid',
    status: 400,
    exit: 2,
    remedy: 'Correct the parameters that `problems` names; nothing was done.',
  },
  'invalid-body': {
    title: 'The body is not valid',
    status: 400,
    exit: 2,
    remedy: 'Send one JSON object with the fields that `problems` names; nothing was done.',
  },
  'body-too-large': {
    title: 'The body is too large',
    status: 413,
    exit: 2,
    remedy: 'Send at most 64 KiB; shorten the note. Nothing was done.',
  },
  'unsupported-media-type': {
    title: 'The body is not JSON',
    status: 415,
    exit: 2,
    remedy: 'Send the body as JSON with the header Content-Type: application/json.',
  },
  'request-header-missing': {
    title: 'The request cannot be told from a forged one',
    status: 403,
    exit: 2,
    remedy: 'Send the header X-Tocsin-Request: 1 with every POST; a form on another site cannot.',
  },
  'cross-site': {
    title: 'The request comes from another site',
    status: 403,
    exit: 2,
    remedy: 'Use the desk at its own address; requests of other sites are refused.',
  },
  'wrong-host': {
    title: 'This name is not one of the desk',
    status: 421,
    exit: 2,
    remedy: 'Use the address that the desk printed when it started, for example http://127.0.0.1:8080.',
  },
  'too-many-streams': {
    title: 'Too many pages are open',
    status: 503,
    exit: 69,
    remedy: 'Close desks that nobody looks at; the page tries again by itself.',
  },
  'log-unavailable': {
    title: 'The event log cannot be reached',
    status: 503,
    exit: 69,
    remedy: 'Act on the call, and try again: `tocsin doctor` says what is wrong.',
  },
  'outcome-unknown': {
    title: 'It may be recorded, or not',
    status: 503,
    exit: 69,
    remedy:
      'The event log has not said what became of it. Look at the call, then do it again where it does not show: to do it twice does no harm.',
  },
  'not-ready': {
    title: 'Tocsin is still starting',
    status: 503,
    exit: 69,
    remedy: 'Wait for a moment and try again; `tocsin status` shows what it waits for.',
  },
  internal: {
    title: 'Something went wrong inside Tocsin',
    status: 500,
    exit: 69,
    remedy:
      'Try again. If it stays, give the operator the time and the `instance` of this answer: they are in the log.',
  },
  'credential-not-found': {
    title: 'There is no such credential',
    status: 404,
    exit: 1,
    remedy: 'Check the id: `tocsin credential list` shows those that there are.',
  },
  'subscription-not-found': {
    title: 'There is no such subscription',
    status: 404,
    exit: 1,
    remedy: 'Check the id: `tocsin subscription list` shows those that there are.',
  },
  'workflows-away': {
    title: 'Nobody can carry this out at the moment',
    status: 503,
    exit: 69,
    remedy:
      'Temporal, or the role `worker`, is not there: `tocsin status` says which. Calls reach the desk all the same. Nothing was done; try again.',
  },
  refused: {
    title: 'That cannot be done now',
    status: 409,
    exit: 1,
    remedy: 'The answer says why. Nothing was done.',
  },
  'sign-in-required': {
    title: 'Nobody is signed in here, or the session has ended',
    status: 401,
    exit: 1,
    remedy:
      'Sign in at the desk. Commands need the state folder of the desk, and to run as its user: they prove themselves by a key in it.',
  },
  'not-allowed': {
    title: 'Your role does not allow that',
    status: 403,
    exit: 1,
    remedy:
      'An administrator of your Microsoft Entra ID assigns roles: Enterprise applications, the application of the desk, Users and groups. Sign in again afterwards.',
  },
  'no-role': {
    title: 'You have no role at this desk',
    status: 403,
    exit: 1,
    remedy:
      'An administrator of your Microsoft Entra ID has to assign you Responder, Operator, Compliance or Administrator: Enterprise applications, the application of the desk, Users and groups. Sign in again afterwards.',
  },
  'not-you': {
    title: 'This is said to be done by somebody else',
    status: 403,
    exit: 1,
    remedy: 'Leave `by` out, or give it as you are signed in: acts are recorded as done by whoever is signed in.',
  },
  'sign-in-failed': {
    title: 'You were not signed in',
    status: 400,
    exit: 1,
    remedy: 'Start again. A sign-in serves once, in the browser that began it, and for ten minutes.',
  },
  'sign-in-declined': {
    title: 'The identity provider did not sign you in',
    status: 403,
    exit: 1,
    remedy: 'Start again if you cancelled it. Otherwise the page of the identity provider said why, and who can help.',
  },
  'identity-provider-away': {
    title: 'Nobody can sign in at the moment',
    status: 503,
    exit: 69,
    remedy:
      'The identity provider does not answer. Whoever is signed in goes on working. Calls are still recorded, and `tocsin emergency` works on the machine of the desk.',
  },
  'too-many-sign-ins': {
    title: 'Too many sign-ins were tried',
    status: 429,
    exit: 69,
    remedy: 'Wait for a minute and try again.',
  },
  'tls-required': {
    title: 'This desk is served over TLS alone',
    status: 403,
    exit: 2,
    remedy: 'Use the https address of the desk. The proxy before it must send X-Forwarded-Proto: https.',
  },
  usage: {
    title: 'The command was not understood',
    status: 500,
    exit: 2,
    remedy: 'Run the command with --help; it shows examples.',
  },
  'settings-invalid': {
    title: 'A setting is not valid',
    status: 500,
    exit: 78,
    remedy: 'Every problem is listed with its setting. `tocsin doctor` explains each.',
  },
  'address-not-allowed': {
    title: 'The desk may only listen on this machine',
    status: 500,
    exit: 78,
    remedy:
      'Set TOCSIN_HTTP to 127.0.0.1:<port> or [::1]:<port>. Others may reach the desk only where people sign in (TOCSIN_DESK_URL, TOCSIN_DESK_CLIENT_ID) and a proxy speaks TLS before it (TOCSIN_TRUSTED_PROXY).',
  },
  'port-in-use': {
    title: 'The port is held by another process',
    status: 500,
    exit: 69,
    remedy: 'End the process that is named, or choose another port.',
  },
  'desk-unreachable': {
    title: 'No desk answers',
    status: 500,
    exit: 69,
    remedy: 'Start Tocsin (`npm start`), or set TOCSIN_STATE_DIR to the folder of the one that runs.',
  },
  'service-unreachable': {
    title: 'A service that is needed cannot be reached',
    status: 503,
    exit: 69,
    remedy: '`tocsin doctor` names the service and what to do.',
  },
  'key-store-differs': {
    title: 'This key store does not belong to this event log',
    status: 500,
    exit: 78,
    remedy:
      'Point TOCSIN_KEY_STORE at the key store that the log was sealed with, or restore both from the same backup.',
  },
  'digest-differs': {
    title: 'The record does not reproduce the state that was expected',
    status: 500,
    exit: 1,
    remedy: 'Stop, keep a copy of the log, and compare it with a backup: a stored event or a read model was altered.',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof errorCodes;

/** What is known of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return errorCodes[code];
}
