import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Step } from '../../src/config/aws/deployer/grant.js';
import { oneAccount } from '../stacks/configs.js';
import { Deployer, list } from '../stacks/deployer.js';
import { synthesized } from '../stacks/synth.js';
import { AwsCalls } from '../support/aws-calls.js';
import { describeWith } from '../support/capabilities.js';
import { folderWith } from '../support/cli.js';
import { askedFor } from '../support/iam-asked.js';
import { allows } from '../support/iam-policy.js';
import { credentialsOf, Moto, moto, MOTO_ACCOUNT, MOTO_KEYS } from '../support/moto.js';
import { terraform } from '../support/terraform-tool.js';

const REGION = 'eu-central-1';
const BUCKET = 'terraform-states';

/** The state lies in the account of the environment's credentials, which are those of the emulator. */
const config = oneAccount({
  aws: {
    accounts: { main: { id: MOTO_ACCOUNT, region: REGION } },
    backend: { bucket: BUCKET, region: REGION },
  },
});

/** The backend of a stack, and nothing to make. */
const stack = () => ({
  terraform: { backend: synthesized(config).stack('detector').file.terraform.backend },
  output: { made: { value: 'nothing' } },
});

describeWith(moto, 'The state of a stack', () => {
  describeWith(terraform, 'in a bucket', (tool) => {
    const folder = folderWith({ 'main.tf.json': JSON.stringify(stack()) });
    const file = join(folder, 'calls.jsonl');
    const calls = new AwsCalls(file);
    const deployer = new Deployer(config);
    let aws: Moto;

    beforeAll(async () => {
      aws = await Moto.start(file);
      const s3 = new S3Client({
        ...{ endpoint: aws.url, region: REGION, credentials: credentialsOf(MOTO_KEYS), forcePathStyle: true },
      });
      const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
      await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
      s3.destroy();
    });
    afterAll(() => aws.stop());

    const run = (...args: readonly string[]): Promise<void> => {
      const { status, stderr } = spawnSync('terraform', args, {
        ...{ cwd: folder, env: { ...tool.env, ...MOTO_KEYS }, encoding: 'utf8' },
      });
      return status === 0 ? Promise.resolve() : Promise.reject(new Error(stderr));
    };

    async function judged(step: Step, ...args: readonly string[]) {
      const { calls: made } = await calls.during(() => run(...args));
      const asked = made.flatMap(askedFor);
      const refused = asked.filter((one) => !allows(deployer.documents('main', step), one));
      return { refused, actions: new Set(asked.map(({ action }) => action)) };
    }

    test('is found, locked, read and written with what the printed policies grant, and with all of it', async () => {
      const emulator = `endpoints={s3="${aws.url}",sts="${aws.url}",iam="${aws.url}"}`;
      const inits = [
        'init',
        '-input=false',
        `-backend-config=${emulator}`,
        '-backend-config=use_path_style=true',
      ];
      const first = [
        await judged('plan', ...inits, '-backend-config=skip_metadata_api_check=true'),
        await judged('plan', 'plan', '-input=false', '-out=reviewed'),
        await judged('apply', 'apply', '-input=false', 'reviewed'),
        await judged('plan', 'plan', '-input=false'),
      ];

      expect(first.flatMap(({ refused }) => refused)).toEqual([]);
      const granted = deployer
        .statements('main', 'apply')
        .filter(({ Sid }) => Sid.endsWith('State'))
        .flatMap(({ Action }) => list(Action));
      expect(new Set(first.flatMap(({ actions }) => [...actions]))).toEqual(new Set(granted));
    });
  });
});
