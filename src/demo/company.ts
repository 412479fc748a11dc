import { named } from './random.js';

/** The invented company that the sample logs are of. */
export const DOMAIN = 'larkfield.example';

export interface Person {
  readonly name: string;
  /** `ada.brandt@larkfield.example`, the sign-in name in all three clouds. */
  readonly email: string;
  readonly id: string;
  readonly ip: string;
}

const OFFICES = ['203.0.113.18', '203.0.113.77'];
const NAMES = [
  ...['Ada Brandt', 'Bela Novak', 'Carla Moreno', 'Dario Lindqvist', 'Elin Okafor', 'Farid Haddad'],
  ...['Greta Sorensen', 'Hugo Almeida', 'Ines Kowalski', 'Jonas Petrov', 'Kaya Demir', 'Liam Osei'],
  ...['Mira Castellan', 'Noel Ferreira', 'Oona Virtanen', 'Pavel Dvorak', 'Quinn Abara', 'Rosa Lindgren'],
  ...['Sami Rautio', 'Tilda Vance', 'Umar Siddiq', 'Vera Kolar', 'Wim Janssens', 'Yara Nasser'],
];

/** Half of them work in an office, half from home. */
export const people: readonly Person[] = NAMES.map((name, index) => ({
  name,
  email: `${name.toLowerCase().replace(' ', '.')}@${DOMAIN}`,
  id: named(`person/${name}`).uuid(),
  ip: index % 2 === 0 ? (OFFICES[index % 4 === 0 ? 0 : 1] ?? '') : `198.51.100.${20 + index}`,
}));

/** Someone of the company by first name. @throws RangeError when nobody is called so */
export function person(firstName: string): Person {
  const found = people.find(({ name }) => name.startsWith(`${firstName} `));
  if (found === undefined) throw new RangeError(`Nobody is called "${firstName}".`);
  return found;
}

export const aws = {
  production: '482913650174',
  staging: '739105846221',
  region: 'eu-west-1',
  trail: 'larkfield-trail',
  logBucket: 'larkfield-cloudtrail-logs',
} as const;

export const azure = {
  tenant: named('azure/tenant').uuid(),
  subscription: named('azure/subscription').uuid(),
  location: 'westeurope',
} as const;

export const gcp = {
  organization: '604817392255',
  project: 'larkfield-prod',
  projectNumber: '871264093518',
  region: 'europe-west1',
} as const;
