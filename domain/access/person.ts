/** How it was proved who somebody is: by the identity provider, or by a key that only the user of this machine can read. */
export type ProvedHow = 'sign-in' | 'local-key';

/** Somebody whose identity was proved. */
export interface ProvedPerson {
  readonly how: ProvedHow;
  /** As others shall see it. */
  readonly name: string;
  /** Subject of the key that seals the name (ports/key-store.ts): `user:<tenant>/<object id>`, or `responder:cli:<user of the system>`. */
  readonly subject: string;
}

/** @param tenant, id as the identity provider names them: `tid` and `oid`, never a name that can change hands (ASVS 5.0.0 10.3.3) */
export function signedInSubject(tenant: string, id: string): string {
  return `user:${tenant}/${id}`.toLowerCase();
}

/** Who acts on the machine itself. */
export function localPerson(systemUser: string): ProvedPerson {
  const name = `cli:${systemUser}`;
  return { how: 'local-key', name, subject: `responder:${name}`.toLowerCase() };
}
