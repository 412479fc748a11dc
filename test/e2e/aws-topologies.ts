import { organization, oneAccount, ORGANIZATION } from '../stacks/configs.js';
import { SAMPLE_ACCOUNT, SAMPLE_REGION } from '../support/cloudtrail-samples.js';

/** The role by which an account is deployed to. */
export const account = (id: string) => ({
  ...{ id, region: SAMPLE_REGION },
  credentials: { roleArn: `arn:aws:iam::${id}:role/deployer` },
});

/** Consuming is left to the tests: what the emulator would take from the queue would be lost. */
const detector = (name: string) => ({ account: name, enabled: false });

const alertsTo = (url: string) => ({
  destinations: {
    hook: {
      ...{ type: 'webhook', url, allowInsecure: true, allowPrivate: true },
      signingSecrets: ['secret:webhook-signing'],
    },
  },
  alerts: { default: ['hook'], sendLate: true },
  serve: { port: 0 },
  rules: { folder: 'rules' },
});

export interface GoldenTopology {
  readonly title: string;
  /** @param url of the endpoint that takes alerts */
  readonly config: (url: string) => Readonly<Record<string, unknown>>;
  readonly organizationId?: string;
}

export const ONE_ACCOUNT: GoldenTopology = {
  title: 'one account with a new trail, its bucket and the detector',
  config: (url) =>
    oneAccount({
      aws: {
        ...{ accounts: { main: account(SAMPLE_ACCOUNT) }, detector: detector('main') },
        tags: { team: 'security' },
      },
      config: alertsTo(url),
    }),
};

export const AN_ORGANIZATION: GoldenTopology = {
  title: "an organisation's trail, its bucket in a log account, the detector in a security account",
  organizationId: ORGANIZATION.id,
  config: (url) =>
    organization({
      aws: {
        accounts: {
          management: account('111111111111'),
          logs: account('222222222222'),
          security: account('333333333333'),
        },
        detector: detector('security'),
      },
      config: alertsTo(url),
    }),
};

interface Changeable {
  readonly aws: { readonly detector: object };
  readonly sources: readonly [{ readonly aws: { readonly trail?: object } }];
}

/** Another size of the function, in the detector's stack, and one more kind of events, in the source's. */
export function changed(config: Readonly<Record<string, unknown>>): object {
  const { aws, sources, ...rest } = config as unknown as Changeable;
  const [source] = sources;
  return {
    ...rest,
    aws: { ...aws, detector: { ...aws.detector, memoryMb: 2048 } },
    sources: [{ ...source, aws: { ...source.aws, trail: { ...source.aws.trail, s3DataEvents: 'all' } } }],
  };
}
