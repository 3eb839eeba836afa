import { timingSafeEqual } from 'node:crypto';
import type { AmqpContainer, SaslMechanism } from './rhea.ts';

/**
 * Offers what the vendors' clients ask for. Who may do what is decided by the tokens put on `$cbs`, so a connection
 * without a name is welcome; one with a name and key is checked.
 */
export function offerMechanisms(
  container: AmqpContainer,
  sas: { readonly keyName: string; readonly key: string },
): void {
  const mechanisms = container.sasl_server_mechanisms;
  mechanisms['ANONYMOUS'] = mechanisms['MSSBCBS'] = mechanisms['EXTERNAL'] = () => mechanism(() => true);
  mechanisms['PLAIN'] = () =>
    mechanism((response) => {
      const [, name, key] = response.toString('utf8').split('\0');
      return name === sas.keyName && same(key ?? '', sas.key);
    });
}

function mechanism(check: (response: Buffer) => boolean): SaslMechanism {
  const state: SaslMechanism = {
    outcome: undefined,
    start: (response) => {
      state.outcome = check(response ?? Buffer.alloc(0));
      return undefined;
    },
    step: () => {
      state.outcome = false;
      return undefined;
    },
  };
  return state;
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
