/** Folder in memory that secrets are put into as files. */
export const secretsFolder = '/run/tocsin';
/** Folder for read models and the like; lost with a container, and made again from the log. On a single machine it is the disk of the log. */
export const stateFolder = '/var/lib/tocsin';
/** Ports inside a container: the desk, and probes with metrics. */
export const ports = { desk: 8080, probes: 9464 } as const;
