/** The closed table of CloudEvent types of `inbox-*`: a type from outside never becomes one of ours. */
export const cloudEventTypes = [
  'Microsoft.Graph.ChatMessageCreated',
  'Microsoft.Graph.ChatMessageUpdated',
  'Microsoft.Graph.ChatMessageDeleted',
  'Microsoft.Graph.EmergencyCallEvent',
  'Microsoft.Graph.SubscriptionReauthorizationRequired',
  'Microsoft.Graph.SubscriptionRemoved',
  'Microsoft.Graph.SubscriptionMissed',
  'Microsoft.Graph.CommsNotification',
  'tocsin.probe',
  'tocsin.empty',
  'tocsin.undecryptable',
  'tocsin.suspicious',
  'tocsin.unrecognised',
  'tocsin.undecodable',
  'tocsin.gap',
] as const;

export type CloudEventType = (typeof cloudEventTypes)[number];
