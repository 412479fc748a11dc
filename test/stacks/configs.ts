/** Configurations that tests synthesize. What a test is about is laid over them; the rest stays as short as it can be. */

export type Overlay = Readonly<Record<string, unknown>>;

interface Overlays {
  /** Over `aws`. */
  readonly aws?: Overlay;
  /** Over `sources[0].aws`. */
  readonly source?: Overlay;
  /** Further sources. */
  readonly more?: readonly Overlay[];
  /** Over the whole. */
  readonly config?: Overlay;
}

/** One account with everything in it. Its stacks: `detector` and `source-trail`. */
export const oneAccount = ({ aws = {}, source = {}, more = [], config = {} }: Overlays = {}): Overlay => ({
  installation: 'acme',
  aws: {
    accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
    detector: { account: 'main' },
    ...aws,
  },
  sources: [{ name: 'trail', aws: { account: 'main', ...source } }, ...more],
  ...config,
});

export const ORGANIZATION = { id: 'o-a1b2c3d4e5', managementAccount: 'management' } as const;

/** An organisation's trail, its bucket in a log account, the detector in a security account. Same stacks. */
export const organization = ({ aws = {}, source = {}, ...rest }: Overlays = {}): Overlay =>
  oneAccount({
    ...rest,
    aws: {
      organization: ORGANIZATION,
      accounts: {
        management: { id: '111111111111', region: 'eu-central-1' },
        logs: { id: '222222222222', region: 'eu-central-1' },
        security: { id: '333333333333', region: 'eu-central-1' },
      },
      detector: { account: 'security' },
      ...aws,
    },
    source: { account: 'logs', trail: { organization: true }, ...source },
  });

/** A bucket in a log account that is there already, the detector in a security account. Same stacks. */
export const existingBucket = (
  notifications: Overlay,
  { existing = {}, ...rest }: Overlays & { readonly existing?: Overlay } = {},
): Overlay =>
  oneAccount({
    ...rest,
    aws: {
      accounts: {
        logs: { id: '222222222222', region: 'eu-west-1' },
        security: { id: '333333333333', region: 'eu-central-1' },
      },
      detector: { account: 'security' },
      ...rest.aws,
    },
    source: {
      account: 'logs',
      existing: { bucket: 'company-logs', keyPrefixes: ['trails/AWSLogs/'], notifications, ...existing },
      ...rest.source,
    },
  });
