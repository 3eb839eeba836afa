import { matchesAny } from '#adapters/crypto/compare.ts';
import { createSealer } from '#adapters/crypto/sealer.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { basicNotices, unknownJson } from '#bench/hub-messages.ts';
import { inRoom } from '#bench/room.ts';
import { decodeMessage } from '#domain/notices/decode.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import { prepareBatch } from '#processor/ingest/prepare.ts';
import { openTenant } from '#simulator/teams/tenant.ts';
await inRoom(console.log, async (room) => {
  const tenant = await openTenant(room.fresh('tenant'));
  const states = tenant.subscriptions.map((one) => one.clientState);
  const keyStore = await createSqliteKeyStore({ file: room.folder + '/keys.db', masterKeyFile: room.folder + '/keys.master' });
  const deps = { opener: { open: async () => ({ ok: false, reason: 'key-unknown' } as const) }, sealer: createSealer({ keyStore }), keyStore, clock: systemClock, recordedBy: { role: 'ingest', build: 'x' }, testNumbers: ['933'], phrases: defaultPhrases, judgeClientState: (_: any, s: any) => matchesAny(s ?? '', states) ? 'match' as const : 'mismatch' as const };
  for (const [name, make] of [['basic', basicNotices(tenant)], ['unknown', unknownJson]] as const) {
    const messages = Array.from({ length: 500 }, (_, n) => ({ partitionId: '0', offset: String(n), sequenceNumber: n, enqueuedAt: Date.now(), body: make(n), contentType: 'application/json', messageId: undefined, partitionKey: undefined, properties: {} }));
    for (let round = 0; round < 4; round++) {
      const cpu = process.cpuUsage(); let t = performance.now();
      let events: any;
      for (let i = 0; i < 40; i++) events = await prepareBatch(deps as any, 'inc', messages);
      const u = process.cpuUsage(cpu);
      const each = (u.user + u.system) / 20000;
      t = performance.now();
      const c2 = process.cpuUsage();
      for (let i = 0; i < 40; i++) for (const m of messages) decodeMessage(m as any);
      const u2 = process.cpuUsage(c2);
      console.log(name, 'cpu us/event', each.toFixed(1), 'decode', ((u2.user + u2.system) / 20000).toFixed(1), 'size', events.events[1].size, 'body', messages[1].body.length);
      if (round === 3) console.log(JSON.stringify(events.events[1].event, null, 1).slice(0, 3500));
    }
  }
  await keyStore.close();
});
