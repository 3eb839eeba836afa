import { DefaultFailureConverter } from '@temporalio/common';

/** Puts messages and stack traces of failures where the codec encrypts them. The SDK loads this module by its path and wants this name. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
