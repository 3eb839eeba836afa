import type { AmqpCondition } from './amqp/rhea.ts';

// Conditions and wording as the service sends them: clients map the condition to an error class, and a few of them
// look into the text ("Troubleshooting guide for Azure Event Hubs", AMQP exceptions).

export const notFound = (entity: string): AmqpCondition => ({
  condition: 'amqp:not-found',
  description: `The messaging entity '${entity}' could not be found.`,
});

export const partitionOutOfRange = (partitions: number): AmqpCondition => ({
  condition: 'com.microsoft:argument-out-of-range',
  description: `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${partitions - 1}.`,
});

export const unauthorized = (path: string): AmqpCondition => ({
  condition: 'amqp:unauthorized-access',
  description: `Unauthorized access. A valid token for '${path}' is required to perform this operation.`,
});

export const stolen = (epoch: number | undefined): AmqpCondition => ({
  condition: 'amqp:link:stolen',
  description:
    epoch === undefined
      ? 'At least one receiver for the endpoint is created with an epoch, and so non-epoch receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.'
      : `New receiver with higher epoch of '${epoch}' is created hence current receiver is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`,
});

export const tooManyReaders = (limit: number): AmqpCondition => ({
  condition: 'amqp:resource-limit-exceeded',
  description: `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${limit}.`,
});

export const invalidPosition = (what: string, value: number, end: string): AmqpCondition => ({
  condition: 'com.microsoft:argument-error',
  description: `The supplied ${what} '${value}' is invalid. The last ${what} in the system is '${end}'`,
});

export const invalidFilter: AmqpCondition = {
  condition: 'amqp:invalid-field',
  description: 'The filter of the source is not a selector on offset, sequence number or enqueued time.',
};

export const serverBusy: AmqpCondition = {
  condition: 'com.microsoft:server-busy',
  description: 'The request was terminated because the namespace is being throttled. Error code : 50002.',
};

export const messageTooLarge = (size: number, limit: number): AmqpCondition => ({
  condition: 'amqp:link:message-size-exceeded',
  description: `The received message (size:${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
});

export const malformed = (detail: string): AmqpCondition => ({
  condition: 'amqp:decode-error',
  description: `The message could not be decoded: ${detail}.`,
});

export const storageFailed = (detail: string): AmqpCondition => ({
  condition: 'amqp:internal-error',
  description: `The service was unable to process the request: ${detail}.`,
});

export const detachForced: AmqpCondition = {
  condition: 'amqp:link:detach-forced',
  description: 'The link is force detached by the broker because the entity was updated or moved.',
};
