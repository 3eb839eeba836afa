/** Resolves when everybody else in the process who has something to do has had his turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
