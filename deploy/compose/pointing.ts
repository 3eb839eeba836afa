/** Settings that compose.yaml gives by itself: real services in the place of simulators, and a key store that the roles share. */
const given = ['TOCSIN_EVENT_LOG', 'TOCSIN_KEY_STORE', 'TOCSIN_PARTITION_OWNERSHIP'];

/**
 * What the roles of compose.yaml are told of the simulators: everything but what stands in compose.yaml. What is to be read from a file (`…_FILE`, which is for
 * the environment alone) is read here; the simulators' secrets guard nothing.
 */
export function pointing(
  settings: Readonly<Record<string, string>>,
  readFile: (path: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => !given.includes(name))
      .map(([name, value]) =>
        name.endsWith('_FILE') ? [name.slice(0, -'_FILE'.length), readFile(value).trim()] : [name, value],
      ),
  );
}
