import { describe, expect, it } from 'vitest';
import { readPolicyList } from '#domain/subscriptions/policy-list.ts';

const stockholm = {
  Identity: 'Tag:Stockholm',
  NotificationGroup: 'tocsin@contoso.com; Desk@contoso.com',
  ExtendedNotifications: [
    { EmergencyDialString: '112', NotificationGroup: 'guards@contoso.com' },
    { EmergencyDialString: '933', NotificationGroup: null },
  ],
};

describe('a list of emergency calling policies', () => {
  it('says whom each policy notifies, and whom else for single numbers', () => {
    expect(readPolicyList(JSON.stringify([stockholm, { Identity: 'Global', NotificationGroup: '' }]))).toEqual({
      ok: true,
      policies: ['Stockholm'],
      groups: [
        { policy: 'Stockholm', addresses: ['tocsin@contoso.com', 'Desk@contoso.com'] },
        { policy: 'Stockholm', number: '112', addresses: ['guards@contoso.com'] },
      ],
    });
  });

  it('is read as Export-Csv writes it, where numbers with others are known to be there and no more', () => {
    const csv = [
      '#TYPE Microsoft.Teams.Config.Cmdlets.Generated',
      '"Identity","NotificationGroup","ExtendedNotifications"',
      '"Tag:HQ","tocsin@contoso.com;desk@contoso.com",""',
      '"Tag:Lab","","System.Collections.Generic.List`1[ExtendedNotification]"',
      '"Tag:Silent","",""',
    ].join('\r\n');
    expect(readPolicyList(csv)).toEqual({
      ok: true,
      policies: ['HQ', 'Lab'],
      groups: [{ policy: 'HQ', addresses: ['tocsin@contoso.com', 'desk@contoso.com'] }],
    });
  });

  it('covers a policy of which nothing says whom it notifies', () => {
    expect(readPolicyList(JSON.stringify({ Identity: 'Tag:HQ' }))).toEqual({ ok: true, policies: ['HQ'], groups: [] });
  });

  it.each([
    ['policies: none', /neither JSON nor CSV/],
    ['[{}]', /no entry has an Identity/],
    [JSON.stringify([stockholm, { NotificationGroup: 'a@b' }]), /no Identity in entry 2 of 2/],
  ])('that names not every policy is refused: %s', (text, problem) => {
    expect(readPolicyList(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});
