import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { folderWith, tocsin } from '../support/cli.js';

const RULE = `
import { defineRule } from 'tocsin';
export default defineRule({
  id: 'own.rung', logTypes: ['aws.cloudtrail'], name: 'A bell', description: 'It rang.', severity: 'low',
  attack: [], falsePositives: [], runbook: 'Listen.', match: { eventName: 'RingBell' }, destinations: ['pagr', 'security-chat'],
});
`;

test.each([[['config', 'check']], [['serve']], [['synth']]])(
  '%j refuses a rule whose alerts would go nowhere',
  async (args) => {
    const example = readFileSync('examples/aws-one-account.tocsin.yaml', 'utf8');
    const cwd = folderWith({ 'tocsin.yaml': `${example}\nrules: { folder: mine }\n`, 'mine/rung.ts': RULE });

    const { code, err } = await tocsin(args, { cwd });

    expect(err).toBe(
      'tocsin: Rules send alerts to destinations that are not configured (there is: security-chat, on-call): rule own.rung names "pagr".\n' +
        '  → Correct the `destinations` of the rule, or configure one of this name.\n',
    );
    expect(code).toBe(64);
  },
);
