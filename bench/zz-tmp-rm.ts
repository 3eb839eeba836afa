import { rmSync } from 'node:fs';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { createSqliteReadModels } from '#adapters/sqlite-read-models/read-model-files.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { createReadModels, projectionNames } from '#projections/read-models.ts';
import { callReport, inboxEvent } from '#test/support/calls.ts';
rmSync('/tmp/rmbench', { recursive: true, force: true });
const log = await createSqliteEventLog({ file: '/tmp/rmbench/log.db', clock: systemClock });
const N = 60000; const B = 300;
for (let i = 0; i < N / B; i++) {
  const ev = Array.from({ length: B }, (_, k) => { const e = inboxEvent(k === 0 ? callReport({ call: `c${i}` }) : undefined); return { ...e, data: { ...e.data, data: { ...(e.data['data'] as object), pad: 'x'.repeat(300) } } }; });
  const r = await log.append('inbox-hub-0', i === 0 ? 'no-stream' : i * B - 1, ev); if (!r.ok) throw new Error(JSON.stringify(r));
}
const raw = async () => { const t = performance.now(); const c = new AbortController(); let n = 0; for await (const it of log.subscribe({ signal: c.signal })) { if (it.kind === 'caught-up') break; if (it.kind === 'events') n += it.events.length; } c.abort(); return n / (performance.now() - t) * 1000; };
console.log('raw ev/s', (await raw()) | 0, (await raw()) | 0, (await raw()) | 0);
const files = createSqliteReadModels({ folder: '/tmp/rmbench/rm' });
const rm = createReadModels({ log, files, clock: systemClock, onError: (n, e) => console.log(n, e) });
const end = new AbortController(); const run = rm.run(end.signal);
let t = performance.now();
while (!rm.states().every((s) => s.caughtUp)) await systemClock.sleep(5);
console.log('first catch-up of all', (N / (performance.now() - t) * 1000) | 0);
for (const name of projectionNames) { t = performance.now(); let worst = 0; let last = performance.now(); const iv = setInterval(() => { const n = performance.now(); worst = Math.max(worst, n - last - 2); last = n; }, 2); const r = await rm.rebuild(name); clearInterval(iv); const ms = performance.now() - t; console.log(name, (N / ms * 1000) | 0, 'ev/s; worst block', worst.toFixed(1), JSON.stringify(r.ok && { eq: r.equal, ev: r.events, rows: r.after.rows })); t = performance.now(); await rm.digest(name); console.log(' digest ms', (performance.now() - t) | 0); }
console.log('raw ev/s', (await raw()) | 0);
end.abort(); await run; await log.close();
