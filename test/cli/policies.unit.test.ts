import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { groupsWithout } from '#cli/roles/policies.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

function listed(...entries: readonly object[]): string {
  const file = join(temporaryFolder(), 'policies.json');
  writeFileSync(file, JSON.stringify(entries));
  return file;
}

it('finds the notification groups that do not name the service user, those of single numbers among them', () => {
  const policyList = listed(
    { Identity: 'Tag:HQ', NotificationGroup: 'desk@contoso.com;TOCSIN@contoso.com' },
    { Identity: 'Tag:Lab', NotificationGroup: 'desk@contoso.com' },
    {
      Identity: 'Tag:Stockholm',
      NotificationGroup: 'tocsin@contoso.com',
      ExtendedNotifications: [{ EmergencyDialString: '112', NotificationGroup: 'guards@contoso.com' }],
    },
  );
  expect(groupsWithout({ policyList, serviceUser: 'tocsin@contoso.com' })).toEqual([
    { policy: 'Lab', addresses: ['desk@contoso.com'] },
    { policy: 'Stockholm', number: '112', addresses: ['guards@contoso.com'] },
  ]);
});

it('says nothing of groups where the service user is not known by name, or no list is there', () => {
  const policyList = listed({ Identity: 'Tag:HQ', NotificationGroup: 'desk@contoso.com' });
  expect(groupsWithout({ policyList, serviceUser: undefined })).toBeUndefined();
  expect(groupsWithout({ policyList, serviceUser: '7a0e0000-0000-4000-8000-0000000000aa' })).toBeUndefined();
  expect(groupsWithout({ policyList: undefined, serviceUser: 'tocsin@contoso.com' })).toBeUndefined();
});
