import type { Attack } from './attack.js';
import { directoryAudit } from './azure-records.js';
import { signInRecord, type SignIn } from './azure-signins.js';
import { azure, person } from './company.js';
import { later } from './event.js';
import { named } from './random.js';

const EXCHANGE = { id: '00000002-0000-0ff1-ce00-000000000000', name: 'Office 365 Exchange Online' };
const OFFICE = { id: 'd3590ed6-52b3-4102-aeff-aad2292ab01c', name: 'Microsoft Office' };
const GRAPH = { id: '00000003-0000-0000-c000-000000000000', name: 'Microsoft Graph' };
const GRAPH_EXPLORER = { id: 'de8bc8b5-d9f9-48b1-a8ad-b748da725064', name: 'Graph Explorer' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const WRONG_PASSWORD = {
  code: 50126,
  reason: 'Error validating credentials due to invalid username or password.',
};

const guess: SignIn = {
  app: OFFICE,
  resource: EXCHANGE,
  userAgent: FIREFOX,
  mfa: false,
  location: { city: 'Riga', country: 'LV' },
};

const policy = (controls: readonly string[]): unknown => ({
  id: named('policy/mfa').uuid(),
  displayName: 'Require MFA for everyone',
  state: 'enabled',
  conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: controls },
});

/** Attacks on the sign-ins and the settings of the Entra tenant. */
export const azureDirectoryAttacks: readonly Attack[] = [
  {
    name: 'azure-password-guessing',
    cloud: 'azure',
    story: "Twelve passwords in five minutes for one user; the thirteenth is the user's.",
    expects: ['azure.signin.many-failed-sign-ins'],
    events: (rng, at) => {
      const caller = { ...person('Hugo'), ip: '62.197.48.131' };
      const attempts = Array.from({ length: 12 }, (_, attempt) => later(at, attempt * 24 + rng.int(0, 12)));
      return [
        ...attempts.map((time) => signInRecord(rng, time, caller, { ...guess, error: WRONG_PASSWORD })),
        signInRecord(rng, later(at, 300), caller, guess),
      ];
    },
  },
  {
    name: 'azure-stolen-graph-session',
    cloud: 'azure',
    story: 'A session of Microsoft Graph that began in the office goes on from another country.',
    expects: ['azure.signin.graph-session-multiple-ips'],
    events: (rng, at) => {
      const owner = person('Rosa');
      const signIn = { app: GRAPH_EXPLORER, resource: GRAPH, sessionId: rng.uuid(), userAgent: FIREFOX };
      const location = { city: 'Sofia', country: 'BG' };
      return [
        signInRecord(rng, at, owner, signIn),
        signInRecord(rng, later(at, 1080), { ...owner, ip: '91.236.58.14' }, { ...signIn, location }),
      ];
    },
  },
  {
    name: 'azure-legacy-authentication',
    cloud: 'azure',
    story: 'A mailbox is opened with an old protocol that knows no second factor.',
    expects: ['azure.signin.legacy-auth', 'azure.signin.ropc-without-mfa'],
    events: (rng, at) => [
      signInRecord(
        rng,
        at,
        { ...person('Umar'), ip: '45.148.17.90' },
        {
          app: EXCHANGE,
          resource: EXCHANGE,
          client: 'Authenticated SMTP',
          userAgent: 'BAV2ROPC',
          protocol: 'ropc',
          mfa: false,
          location: { city: 'Sofia', country: 'BG' },
        },
      ),
    ],
  },
  {
    name: 'azure-mfa-no-longer-required',
    cloud: 'azure',
    story: 'The conditional access policy for everyone asks for a second factor no more.',
    expects: ['azure.audit.conditional-access-mfa-removed', 'azure.audit.policy-changed'],
    events: (rng, at) => [
      directoryAudit(
        rng,
        at,
        { ...person('Wim'), ip: '91.236.58.14' },
        {
          operation: 'Update conditional access policy',
          category: 'Policy',
          target: { type: 'Policy', name: 'Require MFA for everyone' },
          modified: [
            {
              name: 'ConditionalAccessPolicy',
              before: policy(['mfa', 'compliantDevice']),
              after: policy(['compliantDevice']),
            },
          ],
        },
      ),
    ],
  },
  {
    name: 'azure-foreign-federation',
    cloud: 'azure',
    story: 'A domain of the tenant now trusts the sign-ins of a server that the intruder runs.',
    expects: ['azure.audit.domain-federation-changed'],
    events: (rng, at) => [
      directoryAudit(
        rng,
        at,
        { ...person('Wim'), ip: '91.236.58.14' },
        {
          operation: 'Set federation settings on domain',
          category: 'DirectoryManagement',
          target: { type: 'Domain', name: 'stores.larkfield.example' },
          modified: [
            { name: 'LiveType', before: ['Managed'], after: ['Federated'] },
            { name: 'IssuerUri', before: [], after: [`https://adfs.elsewhere.example/${azure.tenant}`] },
          ],
        },
      ),
    ],
  },
];
