import type { IdentityTroubleKind } from './trouble.ts';

/** One row of the table that says what each answer of Microsoft Entra ID means for an operator; the docs are made from it. */
export interface IdentityTroubleRow {
  /** `AADSTS…`, an OAuth error, a `suberror`, or a word of ours. */
  readonly code: string;
  readonly kind: IdentityTroubleKind;
  readonly what: string;
  readonly next: string;
}

const signIn = 'Run `tocsin sign-in --feed chat`, or sign in on the admin page.';
const signInAfter = `Then sign in again: ${signIn[0]?.toLowerCase()}${signIn.slice(1)}`;
const registration = 'Entra admin center > App registrations > the app of Tocsin';
const byBrowser = 'or sign in by browser instead of by code (`tocsin sign-in --browser`, or the admin page)';
const findPolicy =
  'Find it in the Entra admin center: Sign-in logs > the failed sign-in > Conditional Access tab (filter Authentication protocol = device code).';
const wait = 'Nothing has to be done: it is tried again by itself, later and later.';
const report = 'Trying again does not help. Report it with the code and the correlation id.';

const rows = (
  kind: IdentityTroubleKind,
  entries: readonly (readonly [codes: string, what: string, next: string])[],
): readonly IdentityTroubleRow[] =>
  entries.flatMap(([codes, what, next]) => codes.split(' ').map((code) => ({ code, kind, what, next })));

/**
 * Classes of errors: Microsoft "Microsoft Entra authentication and authorization error codes", "Refresh tokens in the Microsoft identity platform",
 * "OAuth 2.0 device authorization grant flow", RFC 6749 section 5.2, RFC 8628 section 3.5.
 */
export const identityTroubles: readonly IdentityTroubleRow[] = [
  ...rows('sign-in-again', [
    [
      'AADSTS50072 AADSTS50074 AADSTS50076 AADSTS50079',
      'Entra asks the service user for multifactor authentication.',
      signIn,
    ],
    [
      'AADSTS50078',
      "The service user's multifactor authentication has run out.",
      `${signIn} If this comes back, review the session lifetime set for this account in Conditional Access.`,
    ],
    ['AADSTS50158', 'Entra asks the service user for a further proof by an external provider.', signIn],
    ['AADSTS50089', 'The sign-in took too long and was given up.', signIn],
    ['AADSTS50132 AADSTS50173', 'The sign-in was revoked, or the password of the service user was changed.', signIn],
    ['AADSTS50133', 'The sign-in ended because the password of the service user was changed or ran out.', signIn],
    [
      'AADSTS50055',
      'The password of the service user has run out.',
      `Set a new password for the service user. ${signInAfter}`,
    ],
    [
      'AADSTS50053',
      'The account of the service user is locked after too many failed sign-ins.',
      `Wait until the lock ends, or unlock it in Entra ID Protection. ${signInAfter}`,
    ],
    ['AADSTS50126 AADSTS50056', 'The name or password that was entered is wrong.', signIn],
    ['AADSTS70000 AADSTS54005', 'Entra no longer takes the stored sign-in.', signIn],
    ['AADSTS70008 AADSTS700082', 'The stored sign-in was not used for too long and has run out.', signIn],
    ['AADSTS700020 AADSTS700084', 'Entra wants a person to sign in.', signIn],
    [
      'AADSTS70043',
      'A sign-in frequency policy has ended the sign-in of the service user.',
      `${signIn} Exclude the service account from sign-in frequency in Conditional Access (Session > Sign-in frequency), or this comes back.`,
    ],
    [
      'AADSTS65001',
      'Nobody has consented to the permissions of Tocsin for the service user.',
      `${signIn} If consent is blocked for users, an administrator grants it: ${registration} > API permissions > Grant admin consent.`,
    ],
    ['AADSTS65004 authorization_declined access_denied', 'The person declined the sign-in.', signIn],
    [
      'AADSTS70019 AADSTS70020 expired_token code-expired',
      'The code was not entered in time.',
      `Ask for a new code: ${signIn[0]?.toLowerCase()}${signIn.slice(1)}`,
    ],
    [
      'AADSTS90120 AADSTS54008',
      'The code was used already.',
      `Ask for a new code: ${signIn[0]?.toLowerCase()}${signIn.slice(1)}`,
    ],
    [
      'AADSTS50134',
      'The person who entered the code belongs to another region of Entra than the code.',
      `${signIn} Use the account of the service user, on the page that Tocsin names.`,
    ],
    ['AADSTS50058 AADSTS16000 AADSTS50085', 'Entra has no session of the service user.', signIn],
    [
      'AADSTS50131 AADSTS50097',
      'Conditional Access wants a device, a place or an app that this sign-in did not have.',
      `${findPolicy} Sign in as that policy wants, ${byBrowser}.`,
    ],
    ['bad_token token_expired', 'Entra no longer takes the stored sign-in.', signIn],
    ['consent_required', 'Entra asks for consent.', signIn],
    [
      'user_password_expired',
      'The password of the service user has run out.',
      `Set a new password for the service user. ${signInAfter}`,
    ],
    ['basic_action additional_action message_only', 'Entra wants the service user to act.', signIn],
    ['invalid_grant', 'Entra no longer takes the stored sign-in.', signIn],
    ['interaction_required login_required', 'Entra wants a person to sign in.', signIn],
    ['not-signed-in no_tokens_found', 'Nobody has signed in yet.', signIn],
    ['refresh_token_expired', 'The stored sign-in was not used for too long and has run out.', signIn],
    [
      'other-application',
      'The stored sign-in belongs to another application or tenant than the settings name.',
      signIn,
    ],
    [
      'other-account',
      'Somebody else than the service user signed in; that sign-in was not taken.',
      `${signIn} Use the account that TOCSIN_SERVICE_USER names.`,
    ],
    ['damaged-grant', 'The stored sign-in is damaged, or of a newer version of Tocsin.', signIn],
    ['cancelled', 'The sign-in was cancelled.', signIn],
    ['timed-out', 'The sign-in was not finished in time.', signIn],
    [
      'browser-over',
      'That sign-in by browser is over: its address was used already, it took too long, or another one was begun.',
      'Begin a new one: run `tocsin sign-in --feed chat --browser`, or sign in on the admin page.',
    ],
  ]),
  ...rows('admin-must-act', [
    [
      'no-application',
      'The settings name no application for this feed any more, so nothing of it can be deleted at Graph.',
      'Set the client id of the feed again to end its subscriptions now; without it they run out by themselves, within three days.',
    ],
    [
      'AADSTS53003',
      'A Conditional Access policy blocks the service user, most likely the one that blocks the device code flow.',
      `${findPolicy} Exclude only the service account from it, best limited to known locations, ${byBrowser}.`,
    ],
    [
      'AADSTS53000 AADSTS53001',
      'Conditional Access asks for a managed device, which a service has not.',
      `${findPolicy} Exclude only the service account from it, ${byBrowser} from a managed device.`,
    ],
    [
      'AADSTS53002',
      'Conditional Access asks for an approved client app.',
      `${findPolicy} Exclude only the service account from it.`,
    ],
    [
      'AADSTS53004',
      'The service user has to register for multifactor authentication from a trusted place first.',
      'Register its methods at https://aka.ms/mfasetup from a place that the policy trusts. Then sign in again.',
    ],
    [
      'AADSTS530032',
      'A security policy of the tenant blocks the sign-in.',
      `${findPolicy} Exclude only the service account from it.`,
    ],
    [
      'AADSTS530035',
      'Security defaults block the sign-in.',
      'Entra admin center > Overview > Properties > Security defaults: replace them by Conditional Access policies that exclude only the service account, or sign in by browser (`tocsin sign-in --browser`, or the admin page).',
    ],
    [
      'protection_policy_required',
      'Conditional Access asks for an app protection policy.',
      `${findPolicy} Exclude only the service account from it.`,
    ],
    [
      'AADSTS50057',
      'The account of the service user is disabled.',
      `Enable it: Entra admin center > Users > the service user > Account status. ${signInAfter}`,
    ],
    [
      'AADSTS50034 AADSTS50020',
      'The service user is not in this tenant.',
      'Check the tenant id in the settings, and that the account still exists: Entra admin center > Users.',
    ],
    [
      'AADSTS50105',
      'The service user is not assigned to the application.',
      'Assign it: Entra admin center > Enterprise applications > Tocsin > Users and groups.',
    ],
    [
      'AADSTS90094 AADSTS90095',
      'The permissions need the consent of an administrator.',
      `${registration} > API permissions > Grant admin consent.`,
    ],
    [
      'AADSTS65002 AADSTS650052 AADSTS650057 AADSTS70011 invalid_scope',
      'The application may not ask for these permissions.',
      `${registration} > API permissions: add those that Tocsin lists, and no others; then Grant admin consent.`,
    ],
    [
      'AADSTS700016 AADSTS70001 AADSTS7000112',
      'The tenant does not know the application, or it is disabled.',
      'Check the client id and tenant id in the settings; then Entra admin center > Enterprise applications > Tocsin > Properties > Enabled for users to sign in.',
    ],
    [
      'AADSTS7000218',
      'The application does not allow public client flows.',
      `${registration} > Authentication > Allow public client flows: Yes.`,
    ],
    [
      'AADSTS9001023 AADSTS50194 AADSTS90002 AADSTS900023 AADSTS50059 AADSTS90013 invalid_tenant',
      'The tenant in the settings is not one that this application can sign in to.',
      'Set the tenant id (a UUID: Entra admin center > Overview > Tenant ID) and the cloud that the tenant is in.',
    ],
    [
      'AADSTS50011',
      'The address that the browser returns to is not registered.',
      `${registration} > Authentication > Mobile and desktop applications: add http://localhost.`,
    ],
    [
      'AADSTS700027 AADSTS700030 AADSTS7000214',
      'Entra does not know the certificate of the application.',
      `${registration} > Certificates & secrets > Certificates: upload the public part of the one that the settings name.`,
    ],
    [
      'AADSTS7000222',
      'The certificate of the application has run out.',
      `Make a new one and upload its public part: ${registration} > Certificates & secrets > Certificates.`,
    ],
    [
      'AADSTS700024 AADSTS500133 AADSTS50013',
      'Entra finds that the proof of the application is not valid now, or not at all.',
      "Compare this machine's clock with the real time (NTP); then check that the certificate or federated credential in the settings is the registered one.",
    ],
    [
      'AADSTS70021 AADSTS700211 AADSTS700212 AADSTS700213 AADSTS700223',
      'Entra knows no federated credential that fits the identity of this machine.',
      `${registration} > Certificates & secrets > Federated credentials: issuer, subject and audience must be those of the managed identity.`,
    ],
    [
      'AADSTS500011 AADSTS650053 invalid_resource',
      'The tenant does not know Microsoft Graph under the name that was asked for.',
      'Check that the cloud in the settings is the one that the tenant is in.',
    ],
    [
      'unauthorized_client',
      'The application may not sign in this way.',
      `${registration} > Authentication: allow public client flows, and add http://localhost for the browser.`,
    ],
    [
      'invalid_client',
      'Entra does not take the proof of the application.',
      `Check the client id and the certificate in the settings against ${registration} > Certificates & secrets.`,
    ],
    [
      'certificate-unreadable',
      'The certificate of the application, or its private key, cannot be read.',
      'Check the files or the secret that the settings name: PEM, a certificate and the private key that belongs to it.',
    ],
    [
      'certificate-expired',
      'The certificate of the application has run out.',
      `Make a new one and upload its public part: ${registration} > Certificates & secrets > Certificates.`,
    ],
    [
      'refused',
      'The address of Entra is not one that Tocsin may connect to.',
      "Check the authority and the cloud in the settings; a host that is not Microsoft's has to be named there.",
    ],
  ]),
  ...rows('back-off', [
    ['AADSTS50033 AADSTS50087 AADSTS90006 AADSTS90012 AADSTS90024 AADSTS90033', 'Entra has a passing fault.', wait],
    ['AADSTS90090', 'Entra could not reach its directory.', wait],
    ['AADSTS90055 throttled', 'Entra gets too many requests and asks to wait.', wait],
    [
      'AADSTS70016 authorization_pending slow_down',
      'Entra waits for a person to enter the code.',
      'Enter the code that is shown.',
    ],
    ['temporarily_unavailable server_error service-unavailable', 'Entra is not available now.', wait],
    [
      'network',
      'Entra cannot be reached.',
      `${wait} If it lasts, check name resolution, firewall and proxy for the host of Entra.`,
    ],
    [
      'timeout',
      'Entra does not answer in time.',
      `${wait} If it lasts, check name resolution, firewall and proxy for the host of Entra.`,
    ],
    [
      'key-store',
      'The key store, where the sign-in is kept, is not available.',
      `${wait} If it lasts, check the file, its disk and its owner: \`tocsin doctor\`.`,
    ],
    ['key-store-busy', 'Another process is renewing the same sign-in and has not finished.', wait],
    [
      'federated-assertion',
      "The machine's identity, which proves the application, cannot be had now.",
      `${wait} If it lasts, check that the managed identity is assigned to this machine.`,
    ],
    [
      'unknown',
      'Entra gave an answer that Tocsin does not know.',
      `${wait} If it lasts, look the code up in the Sign-in logs of the Entra admin center.`,
    ],
  ]),
  ...rows('our-fault', [
    ['AADSTS50196', 'Entra finds that the same is asked in a loop, and stops it.', report],
    ['AADSTS70018 bad_verification_code', 'Entra does not know the code that Tocsin polls for.', report],
    [
      'AADSTS900144 AADSTS90014 AADSTS70003 AADSTS70002 AADSTS9002313 AADSTS9002325 AADSTS9002339 AADSTS50027 AADSTS700023',
      'Entra finds the request malformed.',
      report,
    ],
    ['invalid_request unsupported_grant_type unsupported_response_type', 'Entra finds the request malformed.', report],
    [
      'bad-answer',
      'The answer of Entra cannot be understood.',
      `${report} Check that the authority in the settings is Entra and no proxy.`,
    ],
    [
      'not-delegated',
      'An application signs in by itself: no person can do it for it.',
      'Nothing has to be done; the feed of events needs a certificate or a managed identity instead.',
    ],
  ]),
];
