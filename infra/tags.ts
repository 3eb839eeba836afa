/** Tags that every resource that can have tags must have. */
export const requiredTags = ['tocsin-tenant', 'tocsin-environment', 'tocsin-component', 'managed-by'] as const;

/** Marks the one storage account that keeps its shared key, with the reason as its value. */
export const sharedKeyTag = 'tocsin-shared-key';
/** The one reason for which a storage account may keep its shared key. */
export const sharedKeyReason = 'graph-large-notifications';
