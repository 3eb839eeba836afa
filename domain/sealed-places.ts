import { isSealed, pointerStep, type SealedValue } from '#domain/personal.ts';
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts';

/** What tells of a stored event what its sealed values must have been sealed for. */
export interface EventWithValues {
  readonly id: string;
  readonly data: JsonObject;
}

/**
 * The event with every sealed value that was not sealed for the place where it stands made one that nobody can open: the box proves what it was sealed
 * for, but not that it still stands there, so whoever can write to the log could else show one person's name as another's address. A value belongs to its own event at its own JSON pointer
 * or, below `call`, to the notice that the call names (`noticeId`), which has the same below `/data/call`. To be applied to what is read from the log, before anything is derived of it: needs
 * no key. The same object where everything is in its place.
 */
export function valuesInPlace<E extends EventWithValues>(event: E): E {
  const { id, data } = event;
  const call = data['call'];
  const noticeId = isJsonObject(call) ? call['noticeId'] : undefined;
  const belongs = ({ of }: SealedValue, pointer: string): boolean =>
    of === `${id}#${pointer}` ||
    (typeof noticeId === 'string' && pointer.startsWith('/call/') && of === `${noticeId}#/data${pointer}`);
  const checked = check(data, '', belongs);
  if (checked === data) return event;
  return { ...event, data: isJsonObject(checked) ? checked : {} };
}

function check(value: Json, pointer: string, belongs: (sealed: SealedValue, pointer: string) => boolean): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return belongs(value, pointer) ? value : unopenable(value);
  let copy: object | undefined;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'object' || member === null) continue;
    const checked = check(member, `${pointer}/${pointerStep(name)}`, belongs);
    if (checked === member) continue;
    copy ??= Array.isArray(value) ? [...value] : { ...value };
    // By definition, whatever the name: an assignment to `__proto__` would change the prototype instead.
    Object.defineProperty(copy, name, { value: checked, enumerable: true, configurable: true, writable: true });
  }
  return (copy as Json | undefined) ?? value;
}

/** Still of its kind, so that a number stays absent where a text would be called damaged. */
function unopenable({ key, as }: SealedValue): Json {
  return { $sealed: 1, key, of: '', as, box: '' };
}
