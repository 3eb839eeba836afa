/** Where an image comes from. */
export interface Registry {
  readonly host: string;
  readonly port: number;
  /** Hosts beside it that a pull asks, all on port 443: for tokens and for layers. */
  readonly beside: readonly string[];
}

/** Hosts that registries send a pull to ("Docker Hub: allowlist", docs.docker.com; "client firewall rules", learn.microsoft.com; "about GitHub Packages"). */
const others: readonly { readonly of: RegExp; readonly beside: readonly string[] }[] = [
  { of: /^registry-1\.docker\.io$/, beside: ['auth.docker.io', 'production.cloudflare.docker.com'] },
  { of: /\.azurecr\.io$/, beside: ['*.blob.core.windows.net'] },
  { of: /^mcr\.microsoft\.com$/, beside: ['*.data.mcr.microsoft.com'] },
  { of: /^ghcr\.io$/, beside: ['pkg-containers.githubusercontent.com'] },
];

/**
 * The registry of an image such as `ghcr.io/a/b@sha256:…`. What stands before the first slash is a host only where it has a dot or a port, or is
 * `localhost`; otherwise the image is one of Docker Hub ("Reference grammar", github.com/distribution/reference). Pure.
 */
export function registryOf(image: string): Registry {
  const [first = '', ...path] = image.split('/');
  const isHost = path.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const [named = '', port = '443'] = isHost ? first.split(':') : ['docker.io'];
  const host = /^(?:index\.)?docker\.io$/.test(named) ? 'registry-1.docker.io' : named;
  return { host, port: Number(port), beside: others.find(({ of }) => of.test(host))?.beside ?? [] };
}
