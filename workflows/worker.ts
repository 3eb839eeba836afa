import { fileURLToPath } from 'node:url';

/** Module that exports the workflows, for the bundler. */
export const workflowsPath = fileURLToPath(new URL('definitions/workflows.ts', import.meta.url));
