/** How a credential gets its tokens. */
export type SignInMethod = 'device-code' | 'browser' | 'certificate' | 'federated';
