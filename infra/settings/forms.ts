/** Forms of values that more than one setting has. */
export const forms = {
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  /** An image by digest: a tag can be moved, a digest cannot. */
  imageByDigest: /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9._/-]+@sha256:[0-9a-f]{64}$/,
  host: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  email: /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/,
  day: /^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  /** IPv4 address or network in CIDR form. */
  network: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|(?![\d.]))){4}(?:\/(?:[89]|[12]\d|3[0-2]))?$/,
  /**
   * Networks of private addresses of which a stack takes a /16 (RFC 1918), without those that Container Apps keeps for itself: 172.30 and 172.31; its others
   * are not private ("Configuring virtual networks Azure Container Apps environments", learn.microsoft.com, "Subnet address range restrictions").
   */
  addressSpace: /^(?:10\.(?:25[0-5]|2[0-4]\d|1?\d?\d)|172\.(?:1[6-9]|2\d)|192\.168)\.0\.0\/16$/,
  registryId:
    /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerRegistry\/registries\/[a-zA-Z0-9]{5,50}$/,
  sshKey: /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/=]+(?: .*)?$/,
  virtualMachineSize: /^Standard_[A-Z]+\d+[a-z]*(?:-\d+[a-z]*)?(?:_v\d)?$/,
} as const;
