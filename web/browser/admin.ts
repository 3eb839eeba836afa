import type { HealthReport, HealthRow } from '#web/health-report.ts';
import { startDesk } from './desk.ts';
import { byId, el, setText } from './dom.ts';
import { fullTime, shortAge, when } from './format.ts';
import { listenToKeys } from './keys.ts';
import { serverNow } from './live.ts';

const desk = startDesk();
const order = { trouble: 0, warning: 1, ok: 2 } as const;
const stateWords = { trouble: 'Trouble', warning: 'Look at it', ok: 'Works' } as const;
let report: HealthReport | undefined;
const ages = new Map<HTMLElement, string>();

function cell(word: string, ...children: (Node | string | undefined)[]) {
  return el('td', { attributes: { 'data-word': word } }, ...children);
}

function row(of: HealthRow) {
  const { kind, name, state, word, since, lastProofAt, expiresAt, figures, next } = of;
  const proof = el('span', { class: 'age', text: '—' });
  if (lastProofAt !== undefined) {
    proof.title = fullTime(lastProofAt);
    ages.set(proof, lastProofAt);
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
    cell('Last proof', proof),
    cell('Expires', expiresAt === undefined ? '—' : el('time', { text: until(expiresAt), title: fullTime(expiresAt) })),
    cell('Next step', next ?? '—'),
  );
}

function until(time: string): string {
  const left = Date.parse(time) - serverNow();
  return left <= 0 ? 'expired' : `in ${shortAge(left)}`;
}

function draw() {
  if (report === undefined) return;
  ages.clear();
  const rows = [...report.rows].sort(
    (a, b) => order[a.state] - order[b.state] || a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name),
  );
  byId('health-rows').replaceChildren(...rows.map(row));
  const count = (state: HealthRow['state']) => rows.filter((one) => one.state === state).length;
  const { ok } = report.listening;
  byId('verdict').dataset['state'] = !ok || count('trouble') > 0 ? 'trouble' : count('warning') > 0 ? 'warning' : 'ok';
  setText(
    byId('verdict'),
    `${ok ? 'Tocsin is listening.' : 'Tocsin is NOT listening: calls may be missed.'} ${count('trouble')} in trouble, ${count('warning')} to look at, ${count('ok')} work.`,
  );
  tick(serverNow());
}

function tick(now: number) {
  for (const [element, time] of ages) setText(element, `${shortAge(now - Date.parse(time))} ago`);
}

desk.onHealth((health) => {
  report = health;
  draw();
});
desk.onSecond(tick);
listenToKeys({ m: desk.toggleMute });
