import { CancellationScope, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { CredentialSpec, PendingCode, ShownCode } from '#workflows/contract.ts';
import { activity, waitsForPerson } from '#workflows/definitions/activities.ts';
import { time } from '#workflows/definitions/board.ts';
import { bringBack, createHandIn, whyNotOf } from '#workflows/definitions/browser-hand-in.ts';
import type { MemoryOfCredential } from '#workflows/definitions/credential-memory.ts';
import type { Outbox } from '#workflows/definitions/outbox.ts';

/** The sign-in that is under way, beside everything else that a credential does: the old grant serves until the new one is there. */
export interface SignIn {
  ask(method: 'device-code' | 'browser', why: string): void;
  asked(): boolean;
  /** Starts what was asked for; true when it did. */
  start(): boolean;
  running(): boolean;
  /** Nobody works on the last one any more. */
  ended(): Promise<void>;
  shown(code: ShownCode): void;
  pending(): PendingCode | undefined;
  /** Why an address is not where the browser of this sign-in ended, in words for who pasted it. @param now milliseconds since 1970 UTC */
  whyNot(address: string, now: number): string | undefined;
  /** Finishes it with that address. */
  complete(address: string): void;
  /** True once after a sign-in that worked. */
  takeSuccess(): boolean;
  /** Ends it: somebody asked for that, or the credential goes. */
  cancel(how: 'asked' | 'silently'): void;
  /** For the details. */
  lines(): readonly string[];
}

export function createSignIn(
  spec: () => CredentialSpec,
  outbox: Outbox,
  memory: MemoryOfCredential,
  wake: () => void,
): SignIn {
  let wanted: { readonly method: 'device-code' | 'browser'; readonly why: string } | undefined;
  let scope: CancellationScope | undefined;
  let code: PendingCode | undefined;
  let success = false;
  let cancelled = false;
  let last: Promise<void> | undefined;
  let count = 0;
  /** No sign-in of another run is called the same. */
  const name = () => `${workflowInfo().runId}/${count}`;
  const handIn = createHandIn();

  /** It says nothing of the grant that is stored: that is tried again. A history in which it was not goes on as it began. */
  const broken = () =>
    memory.held()?.signedIn === true && patched('stored-grant-after-sign-in')
      ? ({ ...brokenOff, kind: 'soon' } as const)
      : brokenOff;

  async function run(method: 'device-code' | 'browser'): Promise<void> {
    const own = new CancellationScope();
    scope = own;
    try {
      const input = { credential: spec().id, method, signIn: name() };
      const wait = () => activity('signIn', `sign in: ${method}`, input, waitsForPerson);
      const outcome = await own.run(() => (method === 'browser' ? handIn.run(spec().id, wait) : wait()));
      if (outcome.ok) {
        memory.signedIn(outcome, method, Date.now());
        success = true;
      } else memory.signInFailed(outcome, Date.now());
    } catch (error) {
      if (!isCancellation(error)) memory.signInFailed(broken(), Date.now());
      else if (scope === own && cancelled) memory.signInFailed({ ...broken(), ...calledOff }, Date.now());
    } finally {
      if (scope === own) {
        scope = undefined;
        code = undefined;
      }
      wake();
    }
  }

  return {
    ask(method, why) {
      wanted = { method, why };
    },
    asked: () => wanted !== undefined,
    start() {
      if (wanted === undefined) return false;
      const { method, why } = wanted;
      wanted = undefined;
      scope?.cancel();
      code = undefined;
      cancelled = false;
      count += 1;
      outbox.add('CredentialSignInRequested', { feed: spec().id, method, why });
      last = run(method);
      return true;
    },
    running: () => scope !== undefined,
    async ended() {
      await last;
    },
    shown({ signIn, ...shown }) {
      // One that was called off may still be told of its code: nobody waits for it.
      if (scope === undefined || (signIn !== undefined && signIn !== name())) return;
      code = shown;
      outbox.add('CredentialCodeShown', {
        // An address with a question in it belongs to one sign-in: only its first part is for the record.
        verificationUri: shown.verificationUri.split('?')[0] ?? '',
        expiresAt: new Date(shown.expiresAt).toISOString(),
      });
    },
    pending: () => code,
    whyNot: (address, now) => whyNotOf(code, address, now),
    complete: handIn.bring,
    takeSuccess() {
      const was = success;
      success = false;
      return was;
    },
    cancel(how) {
      cancelled = how === 'asked';
      scope?.cancel();
    },
    lines() {
      if (code === undefined) return [];
      const enter = code.userCode === '' ? '' : ` and enter **${code.userCode}**`;
      const open = `**Sign in now:** open ${code.verificationUri}${enter}, until ${time(code.expiresAt)}.`;
      return code.method === 'browser' ? [open, bringBack] : [open];
    },
  };
}

const brokenOff = {
  ok: false,
  word: 'sign-in-again',
  kind: 'later',
  code: 'sign-in-broken-off',
  what: 'The sign-in broke off.',
  next: 'Start it again: `tocsin sign-in`.',
  identity: 'sign-in-again',
} as const;

const calledOff = { code: 'sign-in-called-off', what: 'The sign-in was called off.' } as const;
