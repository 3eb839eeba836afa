import { isGrpcServiceError } from '@temporalio/client';
import type { TemporalConnection } from '../connection.ts';

/** What the server runs workflows with. */
export interface Deployment {
  readonly name: string;
  readonly buildId: string;
}

/** `none`: nothing runs. `other`: another build was made current after this one; `token` stands for all that the server had settled by then. */
export type CurrentBuild =
  | { readonly current: 'ours' }
  | { readonly current: 'none' }
  | { readonly current: 'other'; readonly buildId: string; readonly token: Uint8Array };

/** gRPC: NOT_FOUND, and FAILED_PRECONDITION. */
const notYet = [5, 9];

/** Which build is current. @throws when Temporal does not answer */
export async function currentBuild(
  { connection, namespace }: Pick<TemporalConnection, 'connection' | 'namespace'>,
  { name, buildId }: Deployment,
): Promise<CurrentBuild> {
  try {
    const request = { namespace, deploymentName: name };
    const { workerDeploymentInfo, conflictToken: token } =
      await connection.workflowService.describeWorkerDeployment(request);
    const current = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId;
    if (current == null || current === '') return { current: 'none' };
    return current === buildId ? { current: 'ours' } : { current: 'other', buildId: current, token };
  } catch (error) {
    if (isGrpcServiceError(error) && notYet.includes(error.code)) return { current: 'none' };
    throw error;
  }
}

/**
 * Makes a build the one that all new and continued workflows run with. `false`: the server does not know it yet, because no worker of it has asked for work, or
 * it has settled something else since `token`.
 * @throws when Temporal does not answer
 */
export async function makeCurrent(
  { connection, namespace }: Pick<TemporalConnection, 'connection' | 'namespace'>,
  { name, buildId }: Deployment,
  identity: string,
  token?: Uint8Array,
): Promise<boolean> {
  try {
    await connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName: name,
      buildId,
      identity,
      ignoreMissingTaskQueues: true,
      ...(token && { conflictToken: token }),
    });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && notYet.includes(error.code)) return false;
    throw error;
  }
}
