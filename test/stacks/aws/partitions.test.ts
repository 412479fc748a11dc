import { describe, expect, test } from '@jest/globals';
import { existingBucket, oneAccount, organization, ORGANIZATION } from '../configs.js';
import { synthesized, type Stack } from '../synth.js';

const PARTITIONS = [
  { partition: 'aws', regions: ['eu-central-1', 'us-east-1'], domain: 'amazonaws.com' },
  { partition: 'aws-us-gov', regions: ['us-gov-west-1', 'us-gov-east-1'], domain: 'amazonaws.com' },
  { partition: 'aws-cn', regions: ['cn-north-1', 'cn-northwest-1'], domain: 'amazonaws.com.cn' },
] as const;

/** Services under names that end otherwise in China: EC2, and those with a region in their name. */
const REGIONAL = /^Service:(ec2|logs)\./;

const principals = (stack: Stack): readonly string[] =>
  [...stack.documents.values()].flatMap((statements) => statements.flatMap((one) => one.principals ?? []));

describe.each(PARTITIONS)(
  'in the partition $partition',
  ({ partition, regions: [region, second], domain }) => {
    const accounts = {
      management: { id: '111111111111', region },
      logs: { id: '222222222222', region },
      security: { id: '333333333333', region: second },
    };
    const aws = { partition, accounts, organization: ORGANIZATION, permissionsBoundary: 'boundary' };
    const detector = { account: 'security' };
    const main = { accounts: { main: accounts.management }, detector: { account: 'main' } };
    const all = [
      synthesized(oneAccount({ aws: { ...aws, organization: undefined, ...main } })),
      synthesized(organization({ aws: { ...aws, detector } })),
      synthesized(existingBucket({ from: 'eventbridge' }, { aws: { ...aws, detector } })),
    ].flatMap((stacks) => stacks.all);

    test('every ARN says so', () => {
      const arns = all.flatMap(({ text }) => text.match(/\barn:[^:"]+:/g) ?? []);

      expect(arns.length).toBeGreaterThan(100);
      expect(new Set(arns)).toEqual(new Set([`arn:${partition}:`]));
    });

    test('services have their names of everywhere, but for the few that have others', () => {
      const services = new Set(all.flatMap(principals).filter((name) => name.startsWith('Service:')));

      expect(
        [...services].filter((name) => !REGIONAL.test(name) && !name.endsWith('.amazonaws.com')),
      ).toEqual([]);
      expect([...services]).toEqual(
        expect.arrayContaining([
          'Service:cloudtrail.amazonaws.com',
          'Service:events.amazonaws.com',
          'Service:logging.s3.amazonaws.com',
          'Service:s3.amazonaws.com',
        ]),
      );
    });

    test('the reader decrypts through S3 of its region', () => {
      const stack = synthesized(organization({ aws: { ...aws, detector } })).stack('source-trail');

      expect(stack.statement('reader/read', 'DecryptLogsThroughS3').conditions).toEqual({
        'StringEquals kms:ViaService': [`s3.${region}.${domain}`],
      });
    });

    test('queues are found under its domain', () => {
      const stack = synthesized(organization({ aws: { ...aws, detector } })).stack('source-trail');

      expect(stack.outputs.queue_url).toBe(`https://sqs.${second}.${domain}/333333333333/tocsin-acme-trail`);
    });
  },
);
