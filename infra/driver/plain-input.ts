const signatureKey = '4dabf18193072939515e22adb298388d';
const secretSignature = '1b47061264138c4ac30d75fd1eb44270';

/**
 * An input as a state that was exported with its secrets holds it: a secret is wrapped, its value as JSON ("sdk/go/common/resource/sig", pulumi). Undefined for
 * a secret that stayed ciphertext.
 */
export function plainInput(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { [signatureKey]: signature, plaintext } = value as Readonly<Record<string, unknown>>;
  if (signature !== secretSignature) return value;
  if (typeof plaintext !== 'string') return undefined;
  try {
    return JSON.parse(plaintext) as unknown;
  } catch {
    return undefined;
  }
}
