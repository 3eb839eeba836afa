import { stackProgram } from '#infra/stack-program.ts';

// The entry: `pulumi up` loads this file. Every name here is an output of the stack.
export const {
  tenant,
  region,
  environment,
  resourceGroup,
  deskUrl,
  eventHubs,
  notificationUrl,
  keyVaultUrl,
  evidenceUrl,
  evidenceLocked,
  chatClientId,
  eventsClientId,
  deskClientId,
  outboundAddress,
  outboundHosts,
  appSizes,
  workspaceId,
  roleSettings,
} = await stackProgram();
