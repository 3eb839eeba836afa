/** Writes the secrets of compose.yaml that are not there yet to a folder, and returns their names. */
export function makeSecrets(folder: string): string[];
