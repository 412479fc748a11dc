import type { JsonObject } from '../../detector/rule.js';
import {
  cloudTrailEvent,
  consoleLogin,
  human,
  iamUser,
  role,
  s3Resources,
  service,
  type AwsCall,
  type AwsCaller,
} from './aws-records.js';
import { aws, people } from './company.js';
import { seconds, type Kind } from './event.js';
import { named, type Random } from './random.js';

const BROWSER =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36';
const CLI = 'aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.4';
const SDK = 'aws-sdk-js/3.844.0 ua/2.1 os/linux#6.1.134 lang/js md/nodejs#22.17.0 api/s3#3.844.0';
const TERRAFORM = 'APN/1.0 HashiCorp/1.0 Terraform/1.12.2 terraform-provider-aws/6.3.0 aws-sdk-go-v2/1.36.5';

const APPS = [
  'orders-api',
  'billing-worker',
  'catalog-search',
  'invoice-render',
  'stock-sync',
  'web-frontend',
];
const BUCKETS = ['larkfield-orders', 'larkfield-invoices', 'larkfield-catalog-images'];
const TABLES = ['orders', 'customers', 'stock-levels'];
const { production, staging } = aws;
const kmsKey = `arn:aws:kms:${aws.region}:${production}:key/${named('kms').uuid()}`;

const accountOf = (rng: Random): string => (rng.chance(0.8) ? production : staging);

/** A task of an application, on one of a few hosts in the private network. */
const app = (rng: Random): AwsCaller => {
  const name = rng.pick(APPS);
  const task = rng.int(1, 4);
  const caller = { ip: `10.20.${APPS.indexOf(name)}.${30 + task}`, userAgent: SDK };
  return role(accountOf(rng), `${name}-task`, named(`task/${name}/${task}`).hex(32), caller);
};
const ci = (rng: Random): AwsCaller =>
  role(accountOf(rng), 'ci-deploy', 'GitHubActions', {
    ip: `198.51.100.${rng.int(140, 150)}`,
    userAgent: TERRAFORM,
  });
const node = (rng: Random): AwsCaller => {
  const host = rng.int(1, 6);
  return role(production, 'cluster-node', `i-0${named(`node/${host}`).hex(16)}`, {
    ip: `10.20.40.${10 + host}`,
    userAgent: SDK,
  });
};
const colleague = (rng: Random): AwsCaller =>
  human(accountOf(rng), rng.pick(people), rng.chance(0.6) ? BROWSER : CLI);
const scaling = (): AwsCaller => service(production, 'autoscaling');

const kind = (
  weight: number,
  who: (rng: Random) => AwsCaller,
  call: (rng: Random, at: Date) => AwsCall,
  office = false,
): Kind => ({
  weight,
  office,
  events: (rng, at) => [cloudTrailEvent(rng, at, who(rng), call(rng, at))],
});

const read = (name: string, from: string, request: JsonObject = {}): AwsCall => ({
  service: from,
  name,
  readOnly: true,
  request,
});

const object = (rng: Random, name: string, readOnly: boolean): AwsCall => {
  const bucketName = rng.pick(BUCKETS);
  const key = `2026/${rng.int(1, 12)}/${rng.hex(12)}.${rng.pick(['json', 'pdf', 'webp', 'parquet'])}`;
  return {
    service: 's3',
    name,
    readOnly,
    data: true,
    request: { bucketName, Host: `${bucketName}.s3.${aws.region}.amazonaws.com`, key },
    resources: s3Resources(production, bucketName, key),
    more: {
      additionalEventData: {
        SignatureVersion: 'SigV4',
        CipherSuite: 'TLS_AES_128_GCM_SHA256',
        bytesTransferredIn: readOnly ? 0 : rng.int(200, 900_000),
        bytesTransferredOut: readOnly ? rng.int(200, 900_000) : 0,
        AuthenticationMethod: 'AuthHeader',
        'x-amz-id-2': rng.hex(40),
      },
    },
  };
};

const kms = (rng: Random, name: string): AwsCall => ({
  ...read(name, 'kms', {
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${rng.pick(BUCKETS)}` },
  }),
  resources: [{ accountId: production, type: 'AWS::KMS::Key', ARN: kmsKey }],
});

const assumeRole = (rng: Random, at: Date): AwsCall => {
  const name = rng.pick(APPS);
  const session = rng.hex(32);
  const roleArn = `arn:aws:iam::${production}:role/${name}-task`;
  return {
    ...read('AssumeRole', 'sts', { roleArn, roleSessionName: session, durationSeconds: 3600 }),
    response: {
      credentials: {
        accessKeyId: `ASIA${rng.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
        sessionToken: rng.hex(64),
        expiration: seconds(new Date(at.getTime() + 3_600_000)),
      },
      assumedRoleUser: {
        assumedRoleId: `AROA${named(name).text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}:${session}`,
        arn: `arn:aws:sts::${production}:assumed-role/${name}-task/${session}`,
      },
    },
    resources: [{ accountId: production, type: 'AWS::IAM::Role', ARN: roleArn }],
  };
};

const denied: AwsCall = {
  ...read('ListBuckets', 's3'),
  error: { code: 'AccessDenied', message: 'Access Denied' },
};

/** What goes on in the AWS accounts of the company on an ordinary day. */
export const awsTraffic: readonly Kind[] = [
  kind(14, app, (rng) => object(rng, 'GetObject', true)),
  kind(8, app, (rng) => object(rng, 'PutObject', false)),
  kind(0.3, app, (rng) => object(rng, 'DeleteObject', false)),
  kind(12, app, (rng) => kms(rng, 'Decrypt')),
  kind(6, app, (rng) => kms(rng, 'GenerateDataKey')),
  kind(10, () => service(production, 'ecs-tasks'), assumeRole),
  kind(5, app, (rng) => read('DescribeTable', 'dynamodb', { tableName: rng.pick(TABLES) })),
  kind(4, app, (rng) => read('GetSecretValue', 'secretsmanager', { secretId: `prod/${rng.pick(APPS)}` })),
  kind(2, app, (rng) =>
    read('GetParameters', 'ssm', { names: [`/shop/${rng.pick(APPS)}/config`], withDecryption: true }),
  ),
  kind(6, app, (rng) => ({
    service: 'logs',
    name: 'CreateLogStream',
    request: { logGroupName: `/ecs/${rng.pick(APPS)}`, logStreamName: `ecs/app/${rng.hex(32)}` },
  })),
  kind(8, scaling, () => read('DescribeInstances', 'ec2', { instancesSet: {}, filterSet: {} })),
  kind(4, scaling, () => read('DescribeTargetHealth', 'elasticloadbalancing')),
  kind(0.4, scaling, (rng) => ({
    service: 'ec2',
    name: 'RunInstances',
    request: {
      instancesSet: { items: [{ minCount: 1, maxCount: 1 }] },
      instanceType: rng.pick(['m7g.large', 'c7g.xlarge']),
      launchTemplate: { launchTemplateId: `lt-0${named('template').hex(16)}`, version: '14' },
    },
    response: {
      instancesSet: { items: [{ instanceId: `i-0${rng.hex(16)}`, imageId: `ami-0${rng.hex(16)}` }] },
    },
  })),
  kind(4, node, (rng) => read('BatchGetImage', 'ecr', { repositoryName: rng.pick(APPS) })),
  kind(4, node, () => read('GetAuthorizationToken', 'ecr')),
  kind(3, ci, () => read('GetCallerIdentity', 'sts')),
  kind(3, ci, (rng) => read('DescribeStacks', 'cloudformation', { stackName: `${rng.pick(APPS)}-stack` })),
  kind(2, ci, (rng) => read('GetRole', 'iam', { roleName: `${rng.pick(APPS)}-task` })),
  kind(1, ci, (rng) => ({
    service: 'ecs',
    name: 'UpdateService',
    request: { cluster: 'shop', service: rng.pick(APPS), forceNewDeployment: true },
  })),
  kind(0.3, ci, (rng) => ({
    service: 'lambda',
    name: 'UpdateFunctionCode20150331v2',
    request: { functionName: `${rng.pick(APPS)}-hook`, publish: true, dryRun: false },
  })),
  // The one ordinary change that an alert speaks of: an info about a security group, once or twice a day.
  kind(0.02, ci, () => ({
    service: 'ec2',
    name: 'AuthorizeSecurityGroupIngress',
    request: { groupId: `sg-0${named('group').hex(16)}`, ipPermissions: { items: [{ toPort: 443 }] } },
    response: { _return: true },
  })),
  kind(3, colleague, () => read('DescribeInstanceStatus', 'ec2'), true),
  kind(3, colleague, () => read('DescribeAlarms', 'monitoring'), true),
  kind(2, colleague, () => read('ListTasks', 'ecs', { cluster: 'shop' }), true),
  kind(0.5, colleague, () => consoleLogin('Success', false), true),
  kind(0.3, colleague, () => denied, true),
  kind(0.1, breakGlass, () => consoleLogin('Success', true), true),
  kind(0.1, breakGlass, () => consoleLogin('Failure', true), true),
];

/** The one user with a password of the account's own, for when the identity provider is down. */
function breakGlass(rng: Random): AwsCaller {
  return iamUser(production, 'break-glass', { ip: rng.pick(people).ip, userAgent: BROWSER }, false);
}
