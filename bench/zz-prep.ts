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
  const keyStore = await createSqliteKeyStore({
    file: room.folder + '/keys.db',
    masterKeyFile: room.folder + '/keys.master',
  });
  const deps = {
    opener: { open: async () => ({ ok: false, reason: 'key-unknown' }) as const },
    sealer: createSealer({ keyStore }),
    keyStore,
    clock: systemClock,
    recordedBy: { role: 'ingest', build: 'x' },
    testNumbers: ['933'],
    phrases: defaultPhrases,
    judgeClientState: (_: any, s: any) => (matchesAny(s ?? '', states) ? ('match' as const) : ('mismatch' as const)),
  };
  for (const [name, make] of [
    ['basic', basicNotices(tenant)],
    ['unknown', unknownJson],
  ] as const) {
    const messages = Array.from({ length: 500 }, (_, n) => ({
      partitionId: '0',
      offset: String(n),
      sequenceNumber: n,
      enqueuedAt: Date.now(),
      body: make(n),
      contentType: 'application/json',
      messageId: undefined,
      partitionKey: undefined,
      properties: {},
    }));
    let best = 1e9,
      bestD = 1e9,
      ev: any;
    for (let round = 0; round < 300; round++) {
      let t = performance.now();
      ev = await prepareBatch(deps as any, 'inc', messages);
      best = Math.min(best, (performance.now() - t) * 2);
      t = performance.now();
      for (const m of messages) decodeMessage(m as any);
      bestD = Math.min(bestD, (performance.now() - t) * 2);
      await new Promise(setImmediate);
    }
    console.log(name, 'best us/event', best.toFixed(1), 'decode', bestD.toFixed(1), ev.events[1].size);
  }
  await keyStore.close();
});
