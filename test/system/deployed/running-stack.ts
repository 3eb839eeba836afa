import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeployedStack, readDeployedStack } from '#cli/deployed/deployed-stack.ts';
import { type Deployed, startDeployed } from '#cli/deployed/start-deployed.ts';
import { createClientCertificate } from '#simulator/entra/client-certificate.ts';
import { openCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import type { Given } from '#test/infra/given.ts';
import { simulatedUp } from '#test/system/deployed/simulated-up.ts';

/** A stack that was made in the simulated Azure and runs on this machine. */
export interface RunningStack {
  readonly stack: DeployedStack;
  readonly deployed: Deployed;
  close(): Promise<void>;
}

/** Certificates as a stack is given them. */
export interface GivenCertificates {
  /** PEM of the authority behind the simulators. */
  readonly authority: string;
  /** A key with its certificate, both PEM. */
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes and starts it. Once in each test process. */
export async function startStack(
  settings: (certificates: GivenCertificates) => Given,
  desk: 'stack' | 'localhost' = 'stack',
): Promise<RunningStack> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-deployed-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { cert: authority } = await openCertificateAuthority(join(folder, 'running'), Date.now());
    const client = createClientCertificate('tocsin', Date.now() - 3_600_000, 30);
    const up = await simulatedUp(join(folder, 'cloud'), settings({ authority, client }));
    const stack = readDeployedStack(up.outputs, up.resources);
    const deployed = await startDeployed(stack, {
      ...{ folder: join(folder, 'running'), desk, onProgress: () => {} },
    });
    return {
      ...{ stack, deployed },
      async close() {
        await deployed.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** What processes said that nobody may have to read: names of settings, warnings of the platform, faults. */
export function complaints({ processes }: Deployed): readonly string[] {
  return processes.flatMap((one) =>
    one
      .said()
      .split('\n')
      .filter((line) => /TOCSIN_\w+|Warning|"level":[56]0/.test(line))
      .map((line) => `${one.name}: ${line}`),
  );
}
