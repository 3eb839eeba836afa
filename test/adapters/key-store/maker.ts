import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';

/** A process that opens a key store and asks for keys, told to by messages: for tests with several of them at once. */
process.on('message', async ({ file, masterKeyFile, subjects, day }: MakerTask) => {
  const store = await createSqliteKeyStore({ file, masterKeyFile, busyTimeoutMs: 30_000 });
  const keys = new Map<string, string>();
  // One by one, so that the processes meet often.
  for (const subject of subjects) {
    const answer = await store.subjectKeys([subject]);
    if (!answer.ok) throw new Error(answer.detail);
    for (const { keyId, key } of answer.keys) keys.set(subject, `${keyId} ${Buffer.from(key).toString('hex')}`);
  }
  const dayKey = await store.dayKey('commitment', day);
  if (!dayKey.ok) throw new Error(dayKey.reason);
  const report = { id: store.id, keys: Object.fromEntries(keys), dayKey: Buffer.from(dayKey.key).toString('hex') };
  await store.close();
  process.send?.(report, () => process.disconnect());
});
process.send?.('ready');

export interface MakerTask {
  readonly file: string;
  readonly masterKeyFile: string;
  readonly subjects: readonly string[];
  readonly day: string;
}

export interface MakerReport {
  readonly id: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly dayKey: string;
}
