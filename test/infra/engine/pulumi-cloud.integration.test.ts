import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as resources from '@pulumi/azure-native/resources/index.js';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult, EngineCommand } from '#adapters/pulumi/engine-command.ts';
import { engineSays } from '#adapters/pulumi/engine-says.ts';
import type { RunOutcome } from '#adapters/pulumi/outcome.ts';
import { createStackDriver, listStacks, type StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { failure } from '#cli/commands/tenant-run.ts';
import { type EngineBench, noEngine, startBench } from '#test/infra/engine/engine.ts';
import { type PulumiService, startPulumiService } from '#test/infra/engine/pulumi-service/service.ts';

const token = 'pul-canary-of-the-token';
const secret = 'canary-of-the-stack';

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** `tocsin tenant list`, which changes nothing, with the state at that address. */
function list(home: string, url: string, given: string): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1', PULUMI_HOME: home, PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: given };
  const args = ['cli/main.ts', '--state-dir', home, 'tenant', 'list'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });
}

describe.skipIf(noEngine !== undefined)(
  `state in Pulumi Cloud${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    const home = mkdtempSync(join(tmpdir(), 'tocsin-cloud-'));
    let service: PulumiService;
    let bench: EngineBench;
    let lists: Promise<readonly Ended[]>;
    /** Arguments of every command of the engine, and all that it said. */
    const commands: string[] = [];
    let said = '';

    const driver = (program: () => Promise<Record<string, unknown>>): StackDriver => {
      const { command, folder, env } = bench;
      const seen = (args: readonly string[]) => void commands.push(args.join(' '));
      const { forAutomation } = command;
      // Its declarations hide how it runs.
      const { run } = forAutomation as unknown as { run(...given: readonly unknown[]): Promise<CommandResult> };
      const recorded: EngineCommand = {
        forAutomation: Object.assign(Object.create(forAutomation) as typeof forAutomation, {
          run: async (args: readonly string[], ...more: readonly unknown[]) => {
            seen(args);
            const result = await run(args, ...more);
            said += result.stderr + (args.includes('--show-secrets') ? '' : result.stdout);
            return result;
          },
        }),
        run(args, place) {
          seen(args);
          return command.run(args, place);
        },
        must(args, place) {
          seen(args);
          return command.must(args, place);
        },
      };
      return createStackDriver({
        ...{ command: recorded, folder, env, project: 'tocsin', stack: 'contoso', program, clock: systemClock },
      });
    };
    const group = async () => {
      const tags = { hidden: new pulumi.Config().requireSecret('hidden') };
      new resources.ResourceGroup('group', { resourceGroupName: 'rg-contoso', location: 'swedencentral', tags });
      return { open: 'everybody may read this', ...tags };
    };
    const changesOf = (outcome: RunOutcome) => ({ ok: outcome.ok, ...outcome.counts });

    beforeAll(async () => {
      service = await startPulumiService({ tokens: [token], login: 'contoso-it' });
      bench = await startBench({ PULUMI_BACKEND_URL: service.url, PULUMI_ACCESS_TOKEN: token });
      const closed = await startPulumiService({ tokens: [], login: 'nobody' });
      await closed.close();
      // Towards what is away the engine tries for seven seconds, in which the other tests run.
      lists = Promise.all([list(home, service.url, 'pul-expired'), list(join(home, 'other'), closed.url, token)]);
    });
    afterAll(async () => {
      await lists;
      await bench?.close();
      await service?.close();
      rmSync(home, { recursive: true, force: true });
    });

    it('holds a stack and its outputs, and lists it', async () => {
      const contoso = driver(group);
      await contoso.create();
      await contoso.configure({}, { hidden: secret });
      service.journaling(false);
      expect(changesOf(await contoso.up())).toEqual({ ok: true, create: 2, update: 0, replace: 0, delete: 0, same: 0 });
      service.journaling(true);
      expect(await contoso.outputs()).toMatchObject({
        open: { value: 'everybody may read this' },
        hidden: { secret: true },
      });
      const { command, folder, env } = bench;
      expect(await listStacks({ command, folder, env })).toEqual(['contoso']);
    });

    it('changes nothing in a second run, refuses a third at the same time, and says who is at it and what to do', async () => {
      const begun = Promise.withResolvers<void>();
      const going = Promise.withResolvers<void>();
      const second = driver(async () => {
        begun.resolve();
        await going.promise;
        return await group();
      });
      const running = second.up();
      await begun.promise;
      const third = await driver(group).up();
      going.resolve();
      expect(third).toMatchObject({
        ok: false,
        reason: 'locked',
        update: { kind: 'Update', user: 'contoso-it', since: expect.stringMatching(/now|ago/) },
      });
      if (!third.ok)
        expect(failure(third).message).toMatch(
          /^somebody else works on this stack \(contoso-it: update, begun .+\); nothing was changed\n.*Another update is currently in progress.*[\s\S]*Wait until that has ended.*pulumi cancel/,
        );
      expect(changesOf(await running)).toEqual({ ok: true, create: 0, update: 0, replace: 0, delete: 0, same: 2 });
    });

    it('keeps secrets as ciphertext, in its state and on their way there, and the token in no argument and no output', async () => {
      expect(service.kept()).toContain('everybody may read this');
      const contoso = driver(group);
      const before = service.resources('contoso').map(({ urn }) => urn);
      expect(before).toHaveLength(3);
      // What a killed run leaves is taken away as the words say.
      service.abandon('contoso');
      expect(await contoso.destroy()).toMatchObject({ ok: false, reason: 'locked' });
      await contoso.unlock();
      const [kept = ''] = before.filter((urn) => urn.endsWith('::group'));
      expect(changesOf(await contoso.destroy({ keep: [kept] }))).toMatchObject({ ok: true });
      const [made] = bench.azure.cloud.list().filter(({ id }) => id.endsWith('/rg-contoso'));
      // What a killed run was about to make is settled in the state, which goes through an export and an import.
      service.abandon('contoso', kept);
      await contoso.unlock();
      commands.length = 0;
      expect(await contoso.settle(() => made?.id)).toMatchObject({ ok: true, adopted: [{ urn: kept }] });
      expect(service.resources('contoso').map(({ urn }) => urn)).toContain(kept);
      expect(commands.filter((line) => /^stack (?:export|import)/.test(line))).toEqual([
        'stack export --stack contoso',
        'stack import --stack contoso',
      ]);
      for (const text of [service.kept(), commands.join('\n'), said]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(token);
      }
      expect(service.unknown).toEqual([]);
    });

    it('says what to do where it does not take the token, or does not answer', async () => {
      const [refused, away] = await lists;
      expect(refused).toMatchObject({
        code: 69,
        text: expect.stringMatching(/Pulumi Cloud does not take the access token.*PULUMI_ACCESS_TOKEN/),
      });
      expect(refused?.text).not.toContain('pul-expired');
      expect(away).toMatchObject({
        code: 69,
        text: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached.*PULUMI_BACKEND_URL/),
      });

      // A token that ends in the middle of things.
      const contoso = driver(group);
      service.accept([]);
      const error = await contoso.exists().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(engineSays(error)).toEqual([expect.stringContaining('requires logging in')]);
    });
  },
);
