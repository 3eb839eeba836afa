import { needs, type Remedy } from '#infra/driver/remedy.ts';

/** Sign-in to Azure and rights in Entra ID: "Microsoft Entra authentication and authorization error codes" (learn.microsoft.com). */
export const ofSignIn: readonly Remedy[] = [
  {
    when: /AADSTS(?:50076|50078|50079|50158|53000|53003|530003)\b/,
    say: () =>
      'A Conditional Access policy wants more than this sign-in has, such as a second factor or a managed device: `az login --tenant <domain> --scope https://management.core.windows.net//.default`, on a device that it accepts',
  },
  {
    when: /AADSTS(?:700082|70008|70043|50173|700084|50089|50132|50133)\b|Please run ['"`]?az login|az login['"`]? to setup account|re-authenticate using `az login`/,
    say: () =>
      'Nobody is signed in to Azure any more: `az login --tenant <domain>`, `az account set --subscription <id>`, then run this again',
  },
  {
    when: /(?:exec: "az"|executable file not found in \$PATH|Azure CLI not found|could not find the azure cli|az: command not found)/i,
    say: () =>
      'The Azure command line is not installed, or not on the PATH: learn.microsoft.com, “How to install the Azure CLI”, then `az login`',
  },
  {
    when: /Authorization_RequestDenied/,
    say: () =>
      `Entra ID says that your sign-in has no right to do this: it needs Application Administrator, and with \`eventsFeed\` Privileged Role Administrator as well ${needs}. With Privileged Identity Management activate them, then \`az login\` again`,
  },
];
