import { isJsonObject, type Json } from '#kernel/json.ts';

/** Names of the policies in a list and whom they notify, or what is wrong with it and what to do. */
export type PolicyList =
  | { readonly ok: true; readonly policies: readonly string[]; readonly groups: readonly NotificationGroup[] }
  | { readonly ok: false; readonly problem: string };

/** Who is written to about calls under a policy ("Set-CsTeamsEmergencyCallingPolicy", NotificationGroup and ExtendedNotifications). */
export interface NotificationGroup {
  readonly policy: string;
  /** Dialled number for which others are notified than for the rest; absent: every other number. */
  readonly number?: string;
  /** Sign-in names and mail addresses, of users and of groups. */
  readonly addresses: readonly string[];
}

/**
 * Reads the output of `Get-CsTeamsEmergencyCallingPolicy` (Microsoft Teams PowerShell) as `ConvertTo-Json` or `Export-Csv` write it: one object or many, named by
 * `Identity`, which has a `Tag:` in front of all but the global one. Policies that notify nobody are left out: nothing ever comes of them.
 */
export function readPolicyList(text: string): PolicyList {
  const trimmed = text.replace(/^\ufeff/, '').trim();
  const rows = /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromCsv(trimmed);
  if (rows === undefined)
    return {
      ok: false,
      problem: 'is neither JSON nor CSV with a column Identity; export it again with ConvertTo-Json',
    };
  const named = rows.filter(({ name }) => name !== '');
  if (named.length === 0) return { ok: false, problem: 'names no policy: no entry has an Identity' };
  const nameless = rows.findIndex(({ name }) => name === '');
  // Whatever it is, nobody would notice that its calls are not watched.
  if (nameless >= 0) return { ok: false, problem: `has no Identity in entry ${nameless + 1} of ${rows.length}` };
  return {
    ok: true,
    policies: [...new Set(named.filter(({ notifies }) => notifies).map(({ name }) => name))],
    groups: named.flatMap(({ name, groups }) => groups.map((group) => ({ policy: name, ...group }))),
  };
}

interface Row {
  readonly name: string;
  readonly notifies: boolean;
  readonly groups: readonly Omit<NotificationGroup, 'policy'>[];
}

/** Nobody, where a number notifies nobody on purpose. */
function groupOf(value: Json | undefined, number?: Json): Row['groups'] {
  const addresses = typeof value === 'string' ? value.split(/[;,]/).map((one) => one.trim()) : [];
  const named = addresses.filter((one) => one !== '');
  return named.length === 0 ? [] : [{ addresses: named, ...(typeof number === 'string' ? { number } : {}) }];
}

const nameOf = (identity: string) => identity.trim().replace(/^Tag:/i, '');

function fromJson(text: string): readonly Row[] | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = Array.isArray(value) ? value : [value];
  return list.filter(isJsonObject).map((one) => {
    const extended = one['ExtendedNotifications'];
    const group = one['NotificationGroup'];
    const others = Array.isArray(extended) ? extended.filter(isJsonObject) : [];
    const known = 'NotificationGroup' in one || others.some((each) => 'NotificationGroup' in each);
    const groups = [
      ...groupOf(group),
      ...others.flatMap((each) => groupOf(each['NotificationGroup'], each['EmergencyDialString'])),
    ];
    return {
      name: typeof one['Identity'] === 'string' ? nameOf(one['Identity']) : '',
      notifies: !known || groups.length > 0,
      groups,
    };
  });
}

function fromCsv(text: string): readonly Row[] | undefined {
  const [head = [], ...body] = cells(text.replace(/^#TYPE.*\r?\n/, ''));
  const identity = head.findIndex((name) => name.toLowerCase() === 'identity');
  if (identity < 0) return undefined;
  const group = head.findIndex((name) => name.toLowerCase() === 'notificationgroup');
  return body.map((row) => ({
    name: nameOf(row[identity] ?? ''),
    groups: groupOf(row[group]),
    notifies:
      group < 0 || (row[group] ?? '').trim() !== '' || row.some((cell) => cell.includes('ExtendedNotification')),
  }));
}

/** Rows of quoted or plain cells (RFC 4180). */
function cells(text: string): string[][] {
  return text
    .split(/\r?\n(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .filter((line) => line.trim() !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    );
}
