/** A permission that Tocsin asks for, and why: shown on the admin page, in the guides, and checked by `tocsin doctor`. */
export interface NeededPermission {
  readonly name: string;
  readonly reason: string;
  /** Part of signing in itself (OpenID Connect Core section 5.4 and 11): tokens for Graph do not list it. */
  readonly ofSignIn?: true;
}

/** The seven delegated permissions of the service user's sign-in; exactly these. */
export const delegatedPermissions: readonly NeededPermission[] = [
  { name: 'User.Read', reason: 'to know which user signed in, whose chats are watched' },
  { name: 'Chat.Read', reason: "to subscribe to that user's chats, and to read what came while nobody listened" },
  { name: 'Chat.ReadBasic', reason: "to list that user's chats after a gap" },
  { name: 'ChatMessage.Read', reason: 'to fetch a message that a notification only named' },
  { name: 'openid', reason: 'to sign in', ofSignIn: true },
  { name: 'offline_access', reason: 'to stay signed in without asking again', ofSignIn: true },
  { name: 'profile', reason: 'to see that it is the service user who signed in', ofSignIn: true },
];

/** The one application permission of the emergency events feed. */
export const applicationPermissions: readonly NeededPermission[] = [
  { name: 'CallEvents-Emergency.Read.All', reason: 'to subscribe to emergency calls by policy' },
];

/** A permission as it stands. */
export interface PermissionState {
  readonly name: string;
  readonly granted: boolean;
  readonly needed: boolean;
  readonly reason: string;
}

/** What is granted against what is needed; those that nobody asked for come last. */
export function comparePermissions(
  needed: readonly NeededPermission[],
  granted: readonly string[],
  signedIn: boolean,
): readonly PermissionState[] {
  const has = (name: string) => granted.some((one) => one.toLowerCase() === name.toLowerCase());
  const known = needed.map(({ name, reason, ofSignIn }) => ({
    ...{ name, reason, needed: true, granted: has(name) || (ofSignIn === true && signedIn) },
  }));
  const more = granted
    .filter(
      (name) =>
        !needed.some((one) => one.name.toLowerCase() === name.toLowerCase()) && !/^\.default$|^email$/.test(name),
    )
    .map((name) => ({ name, granted: true, needed: false, reason: 'Tocsin does not need it: take it away' }));
  return [...known, ...more];
}
