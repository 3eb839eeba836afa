import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { everyRule } from '#infra/policy/rules/every-rule.ts';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '../../..');
const runner = join(dirname(require.resolve('@pulumi/pulumi/package.json')), 'cmd/run-policy-pack');

interface Analyzer {
  getAnalyzerInfo(request: object, callback: (error: Error | null, answer: AnalyzerInfo) => void): void;
  close(): void;
}
interface AnalyzerInfo {
  getName(): string;
  getPoliciesList(): { getName(): string; getEnforcementlevel(): number }[];
}

it("the pack is served by Pulumi's own runner, every rule mandatory", async () => {
  const child = spawn(
    process.execPath,
    ['--require', join(import.meta.dirname, 'typescript-5.cjs'), runner, '127.0.0.1:1', '.'],
    { cwd: join(root, 'infra/policy'), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit');
  try {
    const [port] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => [])])) as [
      string?,
    ];
    expect(port).toMatch(/^\d+$/);
    const { AnalyzerClient } = require('@pulumi/pulumi/proto/analyzer_grpc_pb.js') as {
      AnalyzerClient: new (address: string, how: unknown) => Analyzer;
    };
    const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js') as { Empty: new () => object };
    const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const info = await promisify<object, AnalyzerInfo>(client.getAnalyzerInfo.bind(client))(new Empty());
    client.close();
    const mandatory = 1;
    expect(info.getName()).toBe('tocsin');
    expect(info.getPoliciesList().map((policy) => [policy.getName(), policy.getEnforcementlevel()])).toEqual(
      everyRule.map(({ name }) => [name, mandatory]),
    );
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});
