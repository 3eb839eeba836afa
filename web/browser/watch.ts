import type { WatchedFeed, WatchReport } from '#web/subscribing.ts';
import { startDesk } from './desk.ts';
import { byId, el, setText } from './dom.ts';
import { fullTime, shortAge, when } from './format.ts';
import { getJson } from './http.ts';
import { listenToKeys } from './keys.ts';
import { serverNow } from './live.ts';

const desk = startDesk();
const svg = 'http://www.w3.org/2000/svg';
let hours = 24;

function nameOf({ feed, policy }: WatchedFeed): string {
  const name = feed === 'chat' ? 'Chat messages' : 'Emergency events';
  return policy === undefined ? name : `${name} · ${policy}`;
}

/** Of the time that is on record: what came before Tocsin is neither watched nor a gap. */
function share({ watchedSeconds, gapSeconds }: WatchedFeed): string {
  const all = watchedSeconds + gapSeconds;
  // Never rounded up to all of it.
  return all === 0
    ? '—'
    : `${gapSeconds === 0 ? '100' : (Math.floor((watchedSeconds / all) * 10_000) / 100).toFixed(2)} %`;
}

/** A bar of the whole time; what has no record stays empty. The words beside it say the same. */
function bar(one: WatchedFeed, from: number, to: number): SVGSVGElement {
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', '0 0 1000 24');
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('class', 'bar');
  picture.setAttribute('role', 'img');
  const gaps = one.spans.filter(({ watching }) => !watching).length;
  picture.setAttribute(
    'aria-label',
    `watched ${share(one)} of the time on record, ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`,
  );
  for (const span of one.spans) {
    const start = ((Date.parse(span.from) - from) / (to - from)) * 1000;
    const width = ((Date.parse(span.to) - Date.parse(span.from)) / (to - from)) * 1000;
    const rect = document.createElementNS(svg, 'rect');
    rect.setAttribute('x', start.toFixed(2));
    rect.setAttribute('y', span.watching ? '4' : '0');
    rect.setAttribute('width', Math.max(width, span.watching ? 0 : 2).toFixed(2));
    rect.setAttribute('height', span.watching ? '16' : '24');
    rect.setAttribute('class', span.watching ? 'watched' : 'gap');
    const title = document.createElementNS(svg, 'title');
    title.textContent = `${span.watching ? 'watched' : (span.word ?? 'not watched')}: ${fullTime(span.from)} to ${span.open ? 'now' : fullTime(span.to)}`;
    rect.append(title);
    picture.append(rect);
  }
  return picture;
}

function drawBars(report: WatchReport) {
  const [from, to] = [Date.parse(report.from), Date.parse(report.to)];
  byId('bars').replaceChildren(
    ...report.feeds.map((one) =>
      el(
        'section',
        {
          class: 'watched-feed',
          attributes: { 'data-state': one.left === true ? 'warning' : one.watching ? 'ok' : 'trouble' },
        },
        el(
          'h3',
          {},
          el('span', { class: 'mark', attributes: { 'aria-hidden': 'true' } }),
          nameOf(one),
          el('small', {
            text: `${one.left === true ? 'not wanted any more' : one.watching ? 'watched now' : 'NOT watched now'} · ${share(one)} of the time on record${one.lastProofAt === undefined ? '' : ` · last proof ${shortAge(serverNow() - Date.parse(one.lastProofAt))} ago`}`,
          }),
        ),
        bar(one, from, to),
        el('p', { class: 'ends' }, el('time', { text: when(report.from, serverNow()) }), el('time', { text: 'now' })),
      ),
    ),
  );
}

function drawGaps(report: WatchReport) {
  const gaps = report.feeds
    .flatMap((one) => one.spans.filter(({ watching }) => !watching).map((span) => ({ one, span })))
    .sort((a, b) => b.span.from.localeCompare(a.span.from));
  const cell = (word: string, text: string, title?: string) =>
    el('td', { text, attributes: { 'data-word': word }, ...(title === undefined ? {} : { title }) });
  byId('gaps').replaceChildren(
    ...gaps.map(({ one, span }) =>
      el(
        'tr',
        { attributes: { 'data-state': span.open ? 'trouble' : 'warning' } },
        cell('Feed', nameOf(one)),
        cell('From', when(span.from, serverNow()), fullTime(span.from)),
        cell('Until', span.open ? 'goes on' : when(span.to, serverNow()), span.open ? undefined : fullTime(span.to)),
        cell('How long', shortAge(Date.parse(span.to) - Date.parse(span.from))),
        cell('Why', span.word ?? 'not known'),
      ),
    ),
    ...(gaps.length === 0 ? [el('tr', {}, el('td', { text: 'None.', attributes: { colspan: '5' } }))] : []),
  );
}

async function load() {
  const to = serverNow();
  const query = new URLSearchParams({
    from: new Date(to - hours * 3_600_000).toISOString(),
    to: new Date(to).toISOString(),
  });
  const answer = await getJson<WatchReport>(`/api/watch?${query}`);
  const verdict = byId('verdict');
  if (!answer.ok) {
    verdict.dataset['state'] = 'trouble';
    return setText(verdict, `The record cannot be shown: ${answer.word}`);
  }
  const { feeds } = answer.value;
  const blind = feeds.filter(({ watching, left }) => !watching && left !== true);
  verdict.dataset['state'] = feeds.length === 0 ? 'warning' : blind.length > 0 ? 'trouble' : 'ok';
  setText(
    verdict,
    feeds.length === 0
      ? 'Nothing is on record: Tocsin keeps no subscription here.'
      : blind.length === 0
        ? 'Every feed is watched now.'
        : `Not watched now: ${blind.map(nameOf).join(', ')}.`,
  );
  drawBars(answer.value);
  drawGaps(answer.value);
}

for (const button of document.querySelectorAll<HTMLButtonElement>('.ranges button'))
  button.addEventListener('click', () => {
    hours = Number(button.dataset['hours']);
    for (const other of document.querySelectorAll('.ranges button'))
      other.setAttribute('aria-pressed', String(other === button));
    void load();
  });
void load();
setInterval(() => void load(), 10_000);
listenToKeys({ m: desk.toggleMute });
