/** Application id of Microsoft Graph, the same in every tenant ("Verify first-party Microsoft applications in sign-in reports", learn.microsoft.com). */
export const microsoftGraph = '00000003-0000-0000-c000-000000000000';

/** Application id of "Microsoft Graph Change Tracking", who writes notices to the hub ("Change notifications through Event Hubs", learn.microsoft.com). */
export const graphChangeTracking = '0bf30f3b-4a52-48df-9a82-234910c4a086';

/** What the service user consents to, each with its reason. Exactly these: more would let Tocsin do more than it says. */
export const delegatedScopes = {
  'User.Read': 'says who signed in, so that nobody but the service user is ever used',
  'Chat.Read': 'subscribes to the chats of the service user, and reads those of a gap',
  'Chat.ReadBasic': 'names and members of a chat, to tell the notification group from other chats',
  'ChatMessage.Read': 'reads the one message that a notice names',
  openid: 'the sign-in itself',
  offline_access: 'renews without a person, for as long as the user has not changed the password',
  profile: 'the sign-in name of the service user, for the admin page',
} as const;

/** What the application of the events feed holds; nothing else, and only while that feed is on. */
export const applicationRoles = {
  'CallEvents-Emergency.Read.All': 'subscribes to the emergency call events of the chosen policies',
} as const;

/** Roles of the desk: who may do what there. The ids are part of every tenant's registration and never change. */
export const deskRoles = [
  {
    value: 'Responder',
    id: '6f0f2b52-5b0c-4c0e-9d1e-2d1f7a3c8e01',
    description: 'Sees emergencies with caller and location, acknowledges and resolves them.',
    group: 'responders',
  },
  {
    value: 'Operator',
    id: '6f0f2b52-5b0c-4c0e-9d1e-2d1f7a3c8e02',
    description: 'Sees and repairs feeds, subscriptions and sign-ins; sees nobody in an emergency.',
    group: 'operators',
  },
  {
    value: 'Compliance',
    id: '6f0f2b52-5b0c-4c0e-9d1e-2d1f7a3c8e03',
    description: 'Reads and exports the record; changes nothing.',
    group: 'compliance',
  },
  {
    value: 'Administrator',
    id: '6f0f2b52-5b0c-4c0e-9d1e-2d1f7a3c8e04',
    description: 'Erases persons, changes retention, and everything that an operator may.',
    group: 'administrators',
  },
] as const;

/** Address that device code and the second sign-in (code with PKCE, RFC 8252 section 7.3) come back to. */
export const publicClientRedirects = [
  'http://localhost',
  'https://login.microsoftonline.com/common/oauth2/nativeclient',
] as const;

/** Audience of a federated credential ("Workload identity federation", learn.microsoft.com). */
export const federationAudience = 'api://AzureADTokenExchange';
