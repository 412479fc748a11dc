import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AlertHook } from '../support/alert-hook.js';
import { AwsDetector } from '../support/aws-detector.js';
import { describeWith } from '../support/capabilities.js';
import { RINGING_RULES } from '../support/cloudtrail-samples.js';
import { moto } from '../support/moto.js';
import { Deployment } from '../support/terraform-deployment.js';
import { terraform } from '../support/terraform-tool.js';
import type { Change } from '../support/terraform-plan.js';
import type { Terraform } from '../support/terraform.js';
import { changedEverywhere, Deployer, uncalledTests } from './aws-deployer.js';
import { detectionTests } from './aws-detection.js';
import { AN_ORGANIZATION, changed, ONE_ACCOUNT, type GoldenTopology } from './aws-topologies.js';

const GOLDEN = [ONE_ACCOUNT, AN_ORGANIZATION];
const APPLY_MS = 1_200_000;

interface Applied {
  readonly deployment: Deployment;
  readonly deployer: Deployer;
  readonly hook: AlertHook;
  readonly detector: AwsDetector;
  readonly warnings: readonly string[];
  /** What the second plan wants. */
  readonly again: readonly Change[];
}

describeWith(moto, 'AWS', () => {
  describeWith(terraform, 'by Terraform', (tool) => {
    const all = new Map<GoldenTopology, Applied>();
    const of = (golden: GoldenTopology): Applied => {
      const applied = all.get(golden);
      if (applied === undefined) throw new Error(`${golden.title} was not applied.`);
      return applied;
    };

    // Most of the time is the provider's waiting: both wait at the same time.
    beforeAll(async () => {
      await Promise.all(GOLDEN.map(async (golden) => all.set(golden, await applied(golden))));
    }, APPLY_MS);
    afterAll(async () => {
      for (const { detector, hook, deployment } of all.values()) {
        await detector.end();
        await hook.close();
        await deployment.moto.stop();
      }
    });

    async function applied(golden: GoldenTopology): Promise<Applied> {
      const hook = await AlertHook.start();
      const deployment = await Deployment.of(tool, golden.config(hook.url), RINGING_RULES);
      const { moto: aws, stacks } = deployment;
      const deployer = new Deployer(deployment);
      const warnings: string[] = [];
      const again: Change[] = [];
      const told: string[] = [];
      for (const stack of stacks) {
        const begun = Date.now();
        await stack.init();
        warnings.push(...(await stack.validate()));
        await deployer.does('plan', () => stack.plan());
        const planned = Date.now();
        await deployer.does('apply', () => stack.apply());
        const seconds = [planned - begun, Date.now() - planned].map((ms) => (ms / 1000).toFixed(0));
        told.push(`${(await stack.addresses()).length} resources in ${seconds.join(' + ')} s`);
        if (await deployer.does('plan', () => stack.plan())) again.push(...(await stack.changes()));
      }
      console.info(`${golden.title}: ${told.join(', ')} (plan + apply)`);
      const { folder, topology, zip } = deployment;
      const [keys, bucketKeys] = await Promise.all([
        aws.keysOf(topology.detector.role.arn),
        aws.keysOf(topology.sources[0]?.reader.arn ?? ''),
      ]);
      const detector = new AwsDetector({
        ...{ endpoint: aws.url, folder, topology, zip, keys, bucketKeys },
      });
      return { deployment, deployer, hook, detector, warnings, again };
    }

    describe.each(GOLDEN)('$title', (golden) => {
      test('is valid, and a second plan has nothing to do', () => {
        const { warnings, again } = of(golden);
        expect(warnings).toEqual([]);
        expect(again).toEqual([]);
      });

      test('one changed option is one change', async () => {
        const { deployment, hook } = of(golden);
        const config = golden.config(hook.url);
        await deployment.change(changed(config));
        const changes: Change[] = [];
        for (const stack of deployment.stacks)
          if (await stack.plan({ refresh: false })) changes.push(...(await stack.changes()));
        await deployment.change(config);
        expect(changes).toEqual([
          {
            address: expect.stringMatching(/^aws_lambda_function\./) as unknown,
            ...{ actions: ['update'], attributes: ['memory_size'] },
          },
          {
            address: expect.stringMatching(/^aws_cloudtrail\./) as unknown,
            ...{ actions: ['update'], attributes: ['advanced_event_selector'] },
          },
        ]);
      });

      detectionTests(() => {
        const { deployment, detector, hook } = of(golden);
        const { keyPrefixes } = deployment.topology.sources[0] ?? { keyPrefixes: [] };
        return {
          ...{ detector, hook, organizationId: golden.organizationId },
          isRead: ({ key }) =>
            key.includes('/CloudTrail/') && keyPrefixes.some((prefix) => key.startsWith(prefix)),
        };
      });
    });

    test('what can be changed is changed in place', async () => {
      const { deployment, deployer, hook } = of(ONE_ACCOUNT);
      await deployment.change(changedEverywhere(ONE_ACCOUNT.config(hook.url)));
      const changes: Change[] = [];
      for (const stack of deployment.stacks) {
        await deployer.does('plan', () => stack.plan());
        changes.push(...(await stack.changes()));
        await deployer.does('apply', () => stack.apply());
      }
      // Whether the organisation keeps its trail is told in another region, where nothing was before.
      const others = changes.filter(({ actions }) => actions.join() !== 'update');
      expect(others.map(({ actions }) => actions.join())).toEqual(others.map(() => 'create'));
      for (const { address } of others) expect(address).toContain('.changes_main-us-east-1_');
      expect(changes.length).toBeGreaterThan(others.length);
    }, 600_000);

    describe('destroy', () => {
      const left = new Map<GoldenTopology, readonly Left[]>();
      beforeAll(async () => {
        await Promise.all(GOLDEN.map(async (golden) => left.set(golden, await destroyed(of(golden)))));
      }, APPLY_MS);

      test.each(GOLDEN)('of $title leaves what it names, and nothing else', async (golden) => {
        const stacks = left.get(golden) ?? [];
        expect(stacks.length).toBe(of(golden).deployment.stacks.length);
        for (const { kept, there } of stacks) {
          expect(kept.length).toBeGreaterThan(0);
          // Every bucket has notifications, be they none.
          const left = there.filter((address) => !address.startsWith('aws_s3_bucket_notification.'));
          expect(left.toSorted()).toEqual(kept.toSorted());
        }
        const { TopicConfigurations } = await of(golden).detector.source.notifications();
        expect(TopicConfigurations).toBeUndefined();
      });

      test.each(GOLDEN)('and all before of $title takes the printed permissions, and no others', (golden) => {
        expect(of(golden).deployer.refusals).toEqual([]);
      });

      uncalledTests(() => GOLDEN.map((golden) => of(golden).deployer));
    });
  });
});

interface Left {
  readonly kept: readonly string[];
  /** What is still there, as the provider sees it. */
  readonly there: readonly string[];
}

/** As the output says: what is kept is taken out of the state before. Sources first. */
async function destroyed({ deployment, deployer }: Applied): Promise<readonly Left[]> {
  const before: { readonly stack: Terraform; readonly state: string; readonly kept: readonly string[] }[] =
    [];
  for (const stack of deployment.stacks.toReversed()) {
    const state = await stack.state();
    const kept = (await stack.output('kept_on_destroy')) as readonly string[];
    await stack.forget(kept);
    await deployer.does('destroy', () => stack.destroy());
    before.push({ stack, state, kept });
  }
  return Promise.all(
    before.map(async ({ stack, state, kept }) => {
      const gone = new Set(await stack.gone(state));
      const there = (await stack.addresses()).filter((address) => !gone.has(address));
      return { kept, there };
    }),
  );
}
