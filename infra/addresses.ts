/** `10.40.0.0/16` and `2.0/24` make `10.40.2.0/24`: a part of the /16 of a stack. */
export function inside(addressSpace: string, rest: string): string {
  return `${addressSpace.split('.').slice(0, 2).join('.')}.${rest}`;
}

/** Fixed addresses of machines, so that nothing has to look them up: the log's nodes from .11 on, the single machine at .10. */
export function machineAddress(addressSpace: string, number: 0 | 1 | 2 | 3): string {
  return inside(addressSpace, `4.${10 + number}`);
}
