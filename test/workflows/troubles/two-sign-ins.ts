import { describe, expect, it } from 'vitest';
import type { TestTemporal } from '#test/adapters/temporal/start-temporal.ts';
import { eventually } from '#test/support/eventually.ts';
import { createWorld } from '#test/workflows/world.ts';
import { credentialView, requestSignIn } from '#workflows/contract.ts';

export const twoSignIns = (temporal: () => TestTemporal) =>
  describe('of two sign-ins that were asked for shortly after each other', () => {
    it('the second one is shown, though the code of the first one comes later', async () => {
      const world = createWorld(temporal().address, temporal().namespace, { signedIn: false });
      const { identity } = world.identities.chat;
      const { signInWithCode } = identity;
      const late = Promise.withResolvers<void>();
      const wasTold = Promise.withResolvers<void>();
      let begun = 0;
      Object.assign(identity, {
        signInWithCode: async ({ signal, show }: Parameters<typeof signInWithCode>[0]) => {
          begun += 1;
          const isFirst = begun === 1;
          return await signInWithCode({
            signal,
            async show(code) {
              if (isFirst) await late.promise;
              await show({ ...code, userCode: isFirst ? 'FIRST' : 'SECOND' });
              if (isFirst) wasTold.resolve();
            },
          });
        },
      });
      await world.startWorker().running();
      await world.starter.ensure(world.desired());
      await world.credentialIs('waiting-for-sign-in');
      const ask = (why: string) => world.credential().executeUpdate(requestSignIn, { args: [{ why }] });
      const shown = async () => (await world.credential().query(credentialView)).pending;
      await ask('first');
      await eventually('the first one', () => begun === 1);
      await ask('second');
      await eventually('the second code', async () => (await shown())?.userCode === 'SECOND');
      late.resolve();
      await wasTold.promise;
      expect(await shown()).toEqual({
        ...{ method: 'device-code', userCode: 'SECOND', verificationUri: 'https://login.example/device' },
        expiresAt: expect.any(Number),
      });
    });
  });
