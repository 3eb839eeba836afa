import type { HealthAction, HealthReport, HealthRow } from '#web/health-report.ts';
import type { CredentialView, PendingSignIn } from '#web/subscribing.ts';
import { startDesk } from './desk.ts';
import { askSure } from './dialogs.ts';
import { button, byId, el, setChildren, setText, standing } from './dom.ts';
import { fullTime, shortAge, when } from './format.ts';
import { getJson, postJson } from './http.ts';
import { listenToKeys } from './keys.ts';
import { serverNow } from './live.ts';
import { may } from './session.ts';
import { showSignIn } from './sign-in-dialog.ts';
import { toast } from './toast.ts';

const desk = startDesk();
const order = { trouble: 0, warning: 1, ok: 2 } as const;
const stateWords = { trouble: 'Trouble', warning: 'Look at it', ok: 'Works' } as const;
let report: HealthReport | undefined;

function cell(word: string, ...children: (Node | string | undefined)[]) {
  return el('td', { attributes: { 'data-word': word } }, ...children);
}

/** A cell that has nothing to say, which a phone leaves out. */
function emptyCell(word: string) {
  return el('td', { class: 'nothing', text: '—', attributes: { 'data-word': word } });
}

function row(of: HealthRow) {
  const { kind, name, state, word, since, lastProofAt, expiresAt, figures, next, actions = [] } = of;
  const offered = may('operation.act') ? actions : [];
  const proof = el('span', { class: 'age', text: '—' });
  if (lastProofAt !== undefined) {
    proof.title = fullTime(lastProofAt);
    proof.dataset['at'] = lastProofAt;
    setText(proof, ago(lastProofAt, serverNow()));
  }
  return el(
    'tr',
    { attributes: { 'data-state': state } },
    cell(
      'State',
      el('span', { class: 'mark', attributes: { 'aria-hidden': 'true' } }),
      el('strong', { text: stateWords[state] }),
      since === undefined
        ? undefined
        : el('small', { text: `since ${when(since, serverNow())}`, title: fullTime(since) }),
    ),
    cell(
      'What',
      el('small', { class: 'kind', text: kind.replaceAll('-', ' ') }),
      el('strong', { text: name }),
      el('span', { class: 'says', text: word }),
      el('small', {
        class: 'figures',
        text: Object.entries(figures ?? {})
          .map(([key, value]) => `${key} ${value}`)
          .join(' · '),
      }),
    ),
    lastProofAt === undefined ? emptyCell('Last proof') : cell('Last proof', proof),
    expiresAt === undefined
      ? emptyCell('Expires')
      : cell('Expires', el('time', { text: until(expiresAt), title: fullTime(expiresAt) })),
    next === undefined && offered.length === 0
      ? emptyCell('Next step')
      : cell('Next step', next, ...offered.map(actButton)),
  );
}

const acting = new Set<string>();

function actButton({ act, of, word }: HealthAction) {
  const key = `${act} ${of}`;
  const element = button(acting.has(key) ? 'Under way…' : word, () => void carryOut(act, of, key), { class: 'act' });
  element.disabled = acting.has(key);
  element.setAttribute('aria-label', `${word}: ${of}`);
  return element;
}

async function carryOut(act: HealthAction['act'], of: string, key: string, method?: 'browser'): Promise<void> {
  if (
    act === 'recreate' &&
    !(await askSure(
      'Make this subscription anew?',
      'Graph deletes it and makes a new one. What comes in between is fetched afterwards where that is possible.',
    ))
  )
    return;
  acting.add(key);
  draw();
  const id = encodeURIComponent(of);
  const begun = serverNow();
  const waiting = act === 'sign-in' && method === undefined ? await waitingByBrowser(of) : undefined;
  if (waiting !== undefined) {
    acting.delete(key);
    draw();
    return followSignIn(of, waiting, begun);
  }
  const answer =
    act === 'sign-in'
      ? await postJson<PendingSignIn>(`/api/credentials/${id}/sign-in`, method === undefined ? {} : { method })
      : await postJson<object>(`/api/subscriptions/${id}/${act}`, {});
  acting.delete(key);
  draw();
  if (!answer.ok) return toast(answer.word);
  if (act === 'sign-in') return followSignIn(of, answer.value as PendingSignIn, begun);
  const { at } = answer.value as { readonly at?: string };
  toast(
    act === 'recreate'
      ? 'It is being made anew.'
      : at === undefined
        ? 'It is renewed now.'
        : `It is renewed ${until(at)}: Graph does not allow it sooner.`,
  );
}

/** Somebody may have the page of that one open: its address is asked for, rather than that it begins anew. */
async function waitingByBrowser(id: string): Promise<PendingSignIn | undefined> {
  const answer = await getJson<{ items: readonly CredentialView[] }>('/api/credentials');
  const pending = answer.ok ? answer.value.items.find((one) => one.id === id)?.pending : undefined;
  return pending?.method === 'browser' && Date.parse(pending.expiresAt) > serverNow() ? pending : undefined;
}

/** The code, large, or the address, until somebody signed in. */
async function followSignIn(id: string, pending: PendingSignIn, begun: number): Promise<void> {
  const closed = showSignIn(pending, async (address) => {
    const answer = await postJson<object>(`/api/credentials/${encodeURIComponent(id)}/sign-in/address`, { address });
    return answer.ok ? undefined : answer.word;
  });
  for (;;) {
    const wait = new Promise<'wait'>((resolve) => setTimeout(() => resolve('wait'), 2000));
    const ended = await Promise.race([closed, wait]);
    if (ended === 'browser') return carryOut('sign-in', id, `sign-in ${id}`, ended);
    if (ended !== 'wait') return;
    const answer = await getJson<{ items: readonly CredentialView[] }>('/api/credentials');
    const now = answer.ok ? answer.value.items.find((one) => one.id === id) : undefined;
    if (now?.signIn === undefined || now.signIn === 'waiting' || Date.parse(now.signInAt ?? '') < begun) continue;
    document.querySelector('dialog')?.close();
    return toast(
      now.signIn === 'worked'
        ? 'Signed in.'
        : `Not signed in. ${now.signInWord ?? now.word}${now.state === 'ok' ? ' The sign-in before goes on serving.' : ''}`,
    );
  }
}

async function drawPermissions() {
  if (!may('operation.see')) return;
  const answer = await getJson<{ items: readonly CredentialView[] }>('/api/credentials');
  const permissions = answer.ok ? answer.value.items.flatMap((one) => one.permissions) : [];
  byId('permissions').hidden = permissions.length === 0;
  byId('permission-rows').replaceChildren(
    ...permissions.map(({ name, granted, needed, reason }) =>
      el(
        'tr',
        { attributes: { 'data-state': granted === needed ? 'ok' : needed ? 'trouble' : 'warning' } },
        cell(
          'Permission',
          el('span', { class: 'mark', attributes: { 'aria-hidden': 'true' } }),
          el('code', { text: name }),
        ),
        cell('Granted', granted ? (needed ? 'yes' : 'yes, but not needed') : 'no'),
        cell('What for', reason),
      ),
    ),
  );
}

function until(time: string): string {
  const left = Date.parse(time) - serverNow();
  return left <= 0 ? 'expired' : `in ${shortAge(left)}`;
}

function draw() {
  if (report === undefined) return;
  const rows = [...report.rows].sort(
    (a, b) => order[a.state] - order[b.state] || a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name),
  );
  const body = byId('health-rows');
  const focused = body.contains(document.activeElement) ? document.activeElement?.getAttribute('aria-label') : null;
  // Brought to this second first, so that only what differs is made anew.
  tick(serverNow());
  setChildren(
    body,
    rows.map((one) => standing(body, row(one))),
  );
  if (focused && !body.contains(document.activeElement))
    body.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  const count = (state: HealthRow['state']) => rows.filter((one) => one.state === state).length;
  const { ok } = report.listening;
  byId('verdict').dataset['state'] = !ok || count('trouble') > 0 ? 'trouble' : count('warning') > 0 ? 'warning' : 'ok';
  setText(
    byId('verdict'),
    `${ok ? 'Tocsin is listening.' : 'Tocsin is NOT listening: calls may be missed.'} ${count('trouble')} in trouble, ${count('warning')} to look at, ${count('ok')} work.`,
  );
}

function ago(time: string, now: number): string {
  return `${shortAge(now - Date.parse(time))} ago`;
}

function tick(now: number) {
  for (const age of byId('health-rows').querySelectorAll<HTMLElement>('.age[data-at]'))
    setText(age, ago(age.dataset['at'] ?? '', now));
}

desk.onHealth((health) => {
  report = health;
  draw();
});
desk.onSecond(tick);
void drawPermissions();
setInterval(() => void drawPermissions(), 15_000);
listenToKeys({ m: desk.toggleMute });
