/** Application id of the Azure command line, the same everywhere (learn.microsoft.com, "First-party Microsoft applications in sign-in reports"). */
export const azureCommandLine = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

/**
 * What a token of the Azure command line may ask of the desk, for whoever has a role that may act: end the watch of a tenant before it is deleted. The id is
 * part of every tenant's registration and never changes.
 */
export const endWatchScope = { id: '6f0f2b52-5b0c-4c0e-9d1e-2d1f7a3c8e11', value: 'Watch.End' } as const;
