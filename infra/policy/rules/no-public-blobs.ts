import type { Rule } from '../rule.ts';

/** Nobody reads a blob without signing in. */
export const noPublicBlobs: Rule = {
  name: 'no-public-blobs',
  description: 'No blob can be read without signing in.',
  check({ type, props }) {
    if (type === 'azure-native:storage:StorageAccount')
      return props['allowBlobPublicAccess'] === false ? [] : ['allowBlobPublicAccess must be false.'];
    if (type === 'azure-native:storage:BlobContainer')
      return [undefined, 'None'].includes(props['publicAccess'] as string | undefined)
        ? []
        : ['publicAccess must be None.'];
    return [];
  },
};
