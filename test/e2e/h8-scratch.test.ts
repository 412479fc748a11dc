import { afterAll, test } from '@jest/globals';
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { describeWith } from '../support/capabilities.js';
import { moto } from '../support/moto.js';
import { Deployment } from '../support/terraform-deployment.js';
import { terraform } from '../support/terraform-tool.js';
import { oneAccount, organization } from '../stacks/configs.js';

const which = process.env.H8 ?? 'A';
const FILE = `/tmp/h8/calls-${which}`;
const credentialed = (config: any) => {
  for (const a of Object.values(config.aws.accounts) as any[])
    a.credentials = { roleArn: `arn:aws:iam::${a.id}:role/deploy` };
  config.aws.detector = { ...config.aws.detector, enabled: false };
  config.aws.monitoring = { emails: ['a@example.com'] };
  config.destinations = { chat: { type: 'slack', token: 'secret:slack-token', channel: '#x' } };
  config.alerts = { default: ['chat'] };
  return config;
};
describeWith(moto, 'm', () =>
  describeWith(terraform, 't', (tool) => {
    let d: Deployment;
    afterAll(() => d?.end());
    const phase = async <T>(name: string, work: () => Promise<T>) => {
      const t = Date.now();
      const before = existsSync(FILE) ? readFileSync(FILE, 'utf8').length : 0;
      const r = await work();
      const text = existsSync(FILE) ? readFileSync(FILE, 'utf8').slice(before) : '';
      writeFileSync(`${FILE}-${name}.jsonl`, text);
      process.stderr.write(`${name} ${(Date.now() - t) / 1000}\n`);
      return r;
    };
    test('x', async () => {
      process.env.TOCSIN_RECORD_CALLS = FILE;
      d = await Deployment.of(tool, credentialed(which === 'A' ? oneAccount() : organization()));
      for (const [i, s] of d.stacks.entries()) {
        await phase(`init${i}`, () => s.init());
        await phase(`plan${i}`, () => s.plan());
        await phase(`apply${i}`, () => s.apply());
        const p2 = await phase(`again${i}`, () => s.plan());
        if (p2.length) process.stderr.write(JSON.stringify(p2, null, 1));
      }
      for (const [i, s] of [...d.stacks.entries()].reverse()) {
        const kept = (await s.output('kept_on_destroy')) as string[];
        await s.forget(kept);
        await phase(`destroy${i}`, () => s.destroy());
      }
    }, 1_500_000);
  }),
);
