import type { Rule } from '../rule.ts';
import { allowedRegions } from './allowed-regions.ts';
import { imageByDigest } from './image-by-digest.ts';
import { noLocalAuth } from './no-local-auth.ts';
import { noPublicBlobs } from './no-public-blobs.ts';
import { noWideRoles } from './no-wide-roles.ts';
import { purgeProtection } from './purge-protection.ts';
import { requiredTags } from './required-tags.ts';
import { retention } from './retention.ts';
import { tls } from './tls.ts';

/** Every rule of the pack. None may be named `all`: Pulumi keeps that word for itself. */
export const everyRule: readonly Rule[] = [
  tls,
  noLocalAuth,
  noPublicBlobs,
  purgeProtection,
  noWideRoles,
  requiredTags,
  retention,
  allowedRegions,
  imageByDigest,
];
