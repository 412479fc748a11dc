import type { Resource, Stack, Statement } from '../stacks/synth.js';

/** What holds for every stack, as data: what is said, and where it does not hold. */
interface StackRule {
  readonly says: string;
  /** What was seen, each with the address where. */
  readonly breaches: (stack: Stack) => Iterable<string>;
}

interface Exception {
  readonly sid: string;
  /** Also the reason that a reviewer is given. */
  readonly why: string;
}

/** Statements for services that give no source with what they ask for. */
export const WITHOUT_SOURCE: readonly Exception[] = [
  { sid: 'LogOfDetector', why: 'CloudWatch Logs gives none; bound by the log group that is encrypted for' },
  {
    sid: 'MachinesOfAccount',
    why: 'EC2 gives none; an instance profile of the account alone gives the role',
  },
  { sid: 'RulesEncryptForThisTopic', why: 'EventBridge gives none to keys; bound by the topic' },
  {
    sid: 'RulesPublish',
    why: 'EventBridge supports no conditions; rules reach topics of their account alone',
  },
];

/** Statements about every resource, outside of the policies of keys. */
export const EVERY_RESOURCE: readonly Exception[] = [{ sid: 'Trace', why: 'X-Ray has no resource to name' }];

/** Attributes that hold a policy of IAM. */
const POLICIES = ['policy', 'assume_role_policy', 'access_policy', 'resource_policy', 'inline_policy'];

/** With their policies inside or apart, and how these name them. */
const GUARDED = [
  ['aws_s3_bucket', 'aws_s3_bucket_policy', 'bucket'],
  ['aws_sns_topic', 'aws_sns_topic_policy', 'arn'],
  ['aws_sqs_queue', 'aws_sqs_queue_policy', 'queue_url'],
] as const;

const SOURCE_KEYS = /\saws:Source(Arn|Account|OrgID)$/;

export const STACK_RULES: readonly StackRule[] = [
  {
    says: "a stack reads no other stack's state",
    *breaches({ file }) {
      for (const type of Object.keys(file.data ?? {})) if (type === 'terraform_remote_state') yield type;
    },
  },
  {
    says: 'no resource says a region: the provider of the lock file does not know it; providers do',
    *breaches({ resources }) {
      for (const one of resources) if ('region' in one.values) yield addressOf(one);
    },
  },
  {
    says: 'every policy comes from policyDocument',
    *breaches({ resources }) {
      for (const one of resources)
        for (const attribute of POLICIES)
          if (attribute in one.values && !isDocument(one.values[attribute]))
            yield `${attribute} of ${addressOf(one)}: ${String(one.values[attribute])}`;
    },
  },
  {
    says: 'every grant to a service names the resource or the account that the service acts for',
    *breaches(stack) {
      for (const [document, one] of grants(stack))
        if (servicesOf(one).length > 0 && !hasSource(one) && !isExcepted(one, WITHOUT_SOURCE))
          yield `${one.sid} of ${document}: ${servicesOf(one).join(', ')}`;
    },
  },
  {
    says: 'every grant names its resources; "*" is the key itself in the policy of a key',
    *breaches(stack) {
      const ofKeys = documentsOf(stack, 'aws_kms_key');
      for (const [document, one] of grants(stack))
        if (
          one.resources?.includes('*') === true &&
          !ofKeys.has(document) &&
          !isExcepted(one, EVERY_RESOURCE)
        )
          yield `${one.sid} of ${document}`;
    },
  },
  {
    says: 'no grant has every action of a service, but for the account itself in the policy of its key',
    *breaches(stack) {
      for (const [document, one] of grants(stack))
        if (
          one.actions.some((action) => /^(\*|[\w-]+:\*)$/.test(action)) &&
          one.sid !== 'AccountDecidesByIam'
        )
          yield `${one.sid} of ${document}: ${one.actions.join(', ')}`;
    },
  },
  {
    says: 'nobody is granted anything whoever they are',
    *breaches(stack) {
      for (const [document, one] of grants(stack))
        if (one.principals?.some((principal) => principal.endsWith(':*')) === true)
          yield `${one.sid} of ${document}`;
    },
  },
  {
    says: 'a role is trusted to one kind of caller on a condition',
    *breaches(stack) {
      for (const role of stack.ofType('aws_iam_role'))
        for (const one of stack.statements(role.path, 'assume_role_policy'))
          if (one.conditions === undefined && !isExcepted(one, WITHOUT_SOURCE))
            yield `${one.sid} of ${addressOf(role)}`;
    },
  },
  {
    says: 'every bucket, queue and topic turns away whoever comes without TLS',
    *breaches(stack) {
      for (const [type, policyType, attribute] of GUARDED)
        for (const one of stack.ofType(type)) {
          const apart = stack
            .ofType(policyType)
            .filter(({ values }) => values[attribute] === one.ref(attribute));
          const guards = [one, ...apart].filter(({ values }) => isDocument(values.policy));
          if (!guards.some(({ path }) => stack.statements(path).some(deniesWithoutTls))) yield addressOf(one);
        }
    },
  },
  {
    says: 'what keeps data has a key of the customer (an access log has not: S3 delivers with no other than its own)',
    *breaches(stack) {
      for (const one of stack.resources) if (!hasCustomerKey(one) && !isAccessLog(one)) yield addressOf(one);
    },
  },
  {
    says: 'every key is renewed',
    *breaches(stack) {
      for (const one of stack.ofType('aws_kms_key'))
        if (one.values.enable_key_rotation !== true) yield addressOf(one);
    },
  },
  {
    says: 'no secret is in a stack: it would be in its plan and its state',
    *breaches({ resources }) {
      for (const one of resources)
        for (const name of secretNames(one.values)) yield `${name} of ${addressOf(one)}`;
    },
  },
];

/** Everything that does not hold in a stack, in sentences. */
export const stackBreaches = (stack: Stack): readonly string[] =>
  STACK_RULES.flatMap(({ says, breaches }) =>
    [...breaches(stack)].map((seen) => `${stack.name}: ${seen}, but ${says}`),
  );

const addressOf = ({ type, name }: Resource): string => `${type}.${name}`;

const DOCUMENT = /^\$\{data\.aws_iam_policy_document\.(.+)\.json\}$/;
const isDocument = (value: unknown): boolean => typeof value === 'string' && DOCUMENT.test(value);

function* grants(stack: Stack): Generator<readonly [string, Statement]> {
  for (const [document, statements] of stack.documents)
    for (const one of statements) if (one.effect === 'Allow') yield [document, one];
}

const documentsOf = (stack: Stack, type: string): ReadonlySet<string> =>
  new Set(stack.ofType(type).map(({ values }) => DOCUMENT.exec(String(values.policy))?.[1] ?? ''));

const servicesOf = ({ principals = [] }: Statement): readonly string[] =>
  principals.filter((principal) => principal.startsWith('Service:'));

const hasSource = ({ conditions = {} }: Statement): boolean =>
  Object.keys(conditions).some((condition) => SOURCE_KEYS.test(condition));

const isExcepted = ({ sid }: Statement, exceptions: readonly Exception[]): boolean =>
  exceptions.some((exception) => exception.sid === sid);

const deniesWithoutTls = ({ effect, principals, conditions }: Statement): boolean =>
  effect === 'Deny' &&
  principals?.join() === '*:*' &&
  conditions?.['Bool aws:SecureTransport']?.join() === 'false';

/** Where the key stands in what keeps data. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  aws_s3_bucket_server_side_encryption_configuration: [
    'rule.0.apply_server_side_encryption_by_default.kms_master_key_id',
  ],
  aws_sns_topic: ['kms_master_key_id'],
  aws_sqs_queue: ['kms_master_key_id'],
  aws_cloudtrail: ['kms_key_id'],
  aws_secretsmanager_secret: ['kms_key_id'],
  aws_cloudwatch_log_group: ['kms_key_id'],
  aws_dynamodb_table: ['server_side_encryption.kms_key_arn'],
};

const hasCustomerKey = ({ type, values }: Resource): boolean =>
  (KEYS[type] ?? []).every((path) => /^\$\{aws_kms_key\..+\.arn\}$/.test(String(valueAt(values, path))));

const isAccessLog = ({ type, path }: Resource): boolean =>
  type === 'aws_s3_bucket_server_side_encryption_configuration' && path.includes('access-log/');

const valueAt = (values: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], values);

/** Names of attributes at any depth that would hold a secret. */
function* secretNames(values: unknown): Generator<string> {
  if (typeof values !== 'object' || values === null) return;
  for (const [name, value] of Object.entries(values)) {
    if (/secret_string|secret_binary|password|private_key|access_key|api_key|(^|_)token$/.test(name))
      yield name;
    yield* secretNames(value);
  }
}

const POLICY_HELPER = 'stacks/aws/policy.ts';

/** What holds for the sources of the stacks. */
const SOURCE_RULES: readonly { readonly says: string; readonly refuses: RegExp; readonly but?: string }[] = [
  {
    says: `policies are written through policyDocument of ${POLICY_HELPER}`,
    refuses: /data-aws-iam-policy-document|2012-10-17|\bStatement:/,
    but: POLICY_HELPER,
  },
  { says: 'values that cross stacks come from the topology', refuses: /remote-?state/i },
  {
    says: 'references are handed over as they are',
    refuses: /\bFn\.(element|format|join|regex|replace|split|substr)|rawString/,
  },
  { says: 'a stack reads neither files nor the environment', refuses: /node:fs|process\.env/ },
];

/** @param file path below the project, such as `stacks/aws/trail.ts` */
export const sourceBreaches = (file: string, text: string): readonly string[] =>
  SOURCE_RULES.filter(({ refuses, but }) => file !== but && refuses.test(text)).map(
    ({ says, refuses }) => `${file} has ${JSON.stringify(refuses.exec(text)?.[0])}, but ${says}`,
  );
