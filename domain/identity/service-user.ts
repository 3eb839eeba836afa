/**
 * Whether an account is the one that the settings name: by its sign-in name, or by its object id, which stays when somebody is renamed. Notices come about the
 * chats of whoever signed in: of another account Tocsin would watch the wrong chats, and call that listening.
 */
export function isServiceUser(
  wanted: string,
  account: { readonly userId?: string; readonly userName?: string },
): boolean {
  const name = wanted.trim().toLowerCase();
  return account.userName?.toLowerCase() === name || account.userId?.toLowerCase() === name;
}
