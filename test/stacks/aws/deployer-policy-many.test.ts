import { describe, expect, test } from '@jest/globals';
import { charactersOf, MOST_CHARACTERS, MOST_DOCUMENTS } from '../../../src/config/aws/deployer/documents.js';
import { grantsFor } from '../../../src/config/aws/deployer/grants.js';
import { madeBy, type StackFile } from '../../../src/config/aws/deployer/made.js';
import { statementsOf } from '../../../src/config/aws/deployer/statements.js';
import { topologyOf } from '../../../src/config/aws/of-config.js';
import { policyStatement, type PolicyStatement } from '../../../src/config/aws/statement.js';
import { CONFIG } from '../../../src/config/schema.js';
import { allows, type Asked } from '../../support/iam-policy.js';
import { oneAccount, type Overlay } from '../configs.js';
import { Deployer, list } from '../deployer.js';
import { synthesized } from '../synth.js';

const locked = { bucket: { objectLock: { mode: 'governance', days: 30 } } };
const existing = (notifications: object) => ({ existing: { bucket: 'company-logs', notifications } });
const topicArn = 'arn:aws:sns:eu-central-1:222222222222:uploads';

/** Sources whose names begin or end like those of others and of what is made, and one whose names are cut. */
const TRICKY: readonly Overlay[] = [
  ...['x', 'x-logs', 'x-queue', 'x-reader', 'detector', 'source-x', 'long-name-of-a-source-'.padEnd(63, 'y')],
].map((name) => ({ name, aws: { account: 'main' } }));

/** Two accounts, two regions, and every kind of source. */
const MANY = oneAccount({
  aws: {
    accounts: {
      main: { id: '111111111111', region: 'eu-central-1' },
      logs: { id: '222222222222', region: 'eu-central-1' },
    },
    backend: { bucket: 'terraform-states', region: 'eu-central-1' },
  },
  more: [
    ...TRICKY,
    ...Array.from({ length: 40 }, (_, i) => ({
      name: `cloudtrail-of-production-${i}`,
      aws: { account: i % 2 === 0 ? 'main' : 'logs', ...(i % 3 === 0 ? { region: 'eu-west-1' } : {}) },
    })),
    { name: 'locked', aws: { account: 'logs', ...locked } },
    { name: 'bridged', aws: { account: 'logs', ...existing({ from: 'eventbridge' }) } },
    { name: 'told', aws: { account: 'logs', ...existing({ from: 'topic', topicArn }) } },
  ],
});

const deployer = new Deployer(MANY);
const topology = topologyOf(CONFIG.parse(MANY));
const made = synthesized(MANY).all.flatMap(({ file }) =>
  topology === undefined ? [] : madeBy(file as unknown as StackFile, topology),
);
const ids: Readonly<Record<string, string>> = { main: '111111111111', logs: '222222222222' };
const ACCOUNTS = Object.keys(ids);

/** What would be granted one by one, had a role room for it. */
const namedIn = (account: string): readonly PolicyStatement[] =>
  statementsOf(made.filter(({ accountId }) => accountId === ids[account]).flatMap(grantsFor)).map(
    policyStatement,
  );

/** Calls that a statement is there for: something that it fits, and a value that each condition takes. */
const askedOf = ({ Action, Resource, Condition = {} }: PolicyStatement): readonly Asked[] => {
  const context = Object.fromEntries(
    Object.entries(Condition)
      .filter(([operator]) => !operator.includes('Not'))
      .flatMap(([, tests]) => Object.entries(tests))
      .map(([key, values]) => [key, list(values).map((value) => value.replaceAll('*', 'one'))] as const),
  );
  return list(Action).flatMap((action) =>
    list(Resource).map((resource) => ({
      ...{ action, context },
      resource: resource.replaceAll(/[*?]/g, 'x'),
    })),
  );
};

describe('policies for more sources than a role has room to name', () => {
  test.each(['plan', 'apply'] as const)('are no more than a role takes, to %s', (step) => {
    for (const account of ACCOUNTS) {
      const documents = deployer.documents(account, step);

      expect(documents.length).toBeLessThanOrEqual(MOST_DOCUMENTS);
      for (const document of documents) expect(charactersOf(document)).toBeLessThanOrEqual(MOST_CHARACTERS);
    }
  });

  test('do not grow with the number of sources', () => {
    expect(deployer.documents('main', 'apply').length).toBeLessThanOrEqual(4);
    expect(deployer.documents('logs', 'apply').length).toBeLessThanOrEqual(3);
  });

  test.each(ACCOUNTS)('allow in the account %s all that would be named one by one', (account) => {
    const documents = deployer.documents(account, 'apply');
    const asked = namedIn(account).flatMap(askedOf);

    expect(asked.length).toBeGreaterThan(2000);
    expect(asked.filter((one) => !allows(documents, one))).toEqual([]);
  });

  test.each(ACCOUNTS)('allow in the account %s to delete nothing that destroy leaves', (account) => {
    const documents = deployer.documents(account, 'apply');
    const named = { Version: '2012-10-17', Statement: namedIn(account) } as const;
    const deletions = documents
      .flatMap(({ Statement }) => Statement.flatMap(({ Action }) => list(Action)))
      .filter((action) => /:(Delete|Remove|Unsubscribe)/.test(action));
    const kept = namedIn(account)
      .flatMap(({ Resource }) => list(Resource))
      .filter((resource) => deletions.every((action) => !allows([named], { action, resource, context: {} })))
      .filter((resource) => /:s3:::|:table\/|:alias\//.test(resource));

    expect(kept.length).toBeGreaterThan(40);
    for (const resource of kept)
      for (const action of deletions)
        expect([action, resource, allows(documents, { action, resource, context: {} })]).toEqual([
          ...[action, resource, false],
        ]);
  });

  test.each(ACCOUNTS)('allow in the account %s to delete the keys of queues and of no logs', (account) => {
    const isDeleted = (alias: string): boolean =>
      allows(deployer.documents(account, 'apply'), {
        action: 'kms:ScheduleKeyDeletion',
        resource: `arn:aws:kms:eu-central-1:${ids[account]}:key/1234abcd`,
        context: {
          'aws:ResourceTag/tocsin:installation': ['acme'],
          'kms:ScheduleKeyDeletionPendingWindowInDays': ['30'],
          'kms:ResourceAliases': [`alias/tocsin-acme-${alias}`],
        },
      });

    for (const name of ['x', 'x-logs', 'x-queue', 'locked', 'cloudtrail-of-production-7']) {
      expect(isDeleted(`${name}-logs`)).toBe(false);
      expect(isDeleted(`${name}-queue`)).toBe(true);
      expect(isDeleted(`${name}-topic`)).toBe(true);
    }
    expect(isDeleted('detector')).toBe(false);
  });

  test('fit names that begin with that of the installation alone, and say what they end with', () => {
    const wild = [...new Set(deployer.all.flatMap(({ Resource }) => list(Resource)))].filter(
      (resource) =>
        /[*?]/.test(resource) && !/^\*$|:key\/\*$|:event-source-mapping:\*$|:log-group:/.test(resource),
    );

    expect(wild.filter((resource) => !/[:/]tocsin-acme-(source-)?\*/.test(resource))).toEqual([]);
    expect(wild.filter((resource) => resource.includes(':role/')).toSorted()).toEqual(
      ['111111111111:role/tocsin-acme-*-reader', '222222222222:role/tocsin-acme-*-bridge']
        .concat('222222222222:role/tocsin-acme-*-reader')
        .map((role) => `arn:aws:iam::${role}`),
    );
  });

  test('let queues of the installation alone be subscribed, and people by their whole address', () => {
    const subscribed = deployer.all.filter(({ Action }) => list(Action).includes('sns:Subscribe'));

    for (const { Condition = {} } of subscribed)
      expect(Condition).toEqual({
        StringEquals: { 'sns:Protocol': 'sqs' },
        StringLike: { 'sns:Endpoint': 'arn:aws:sqs:eu-central-1:111111111111:tocsin-acme-*' },
      });
    expect(subscribed.flatMap(({ Resource }) => list(Resource))).toContain(topicArn);
  });

  test('find every state of Terraform', () => {
    const states = ['ReadState', 'LockState'].map((sid) => deployer.statement('main', 'apply', sid).Resource);

    expect(states).toEqual(
      ['', '.tflock'].map((end) =>
        ['detector', 'source-*'].map(
          (stack) => `arn:aws:s3:::terraform-states/tocsin/tocsin-acme-${stack}.tfstate${end}`,
        ),
      ),
    );
  });
});

test('the policies for a few name each of them', () => {
  const more = Array.from({ length: 10 }, (_, i) => ({ name: `trail-${i}`, aws: { account: 'main' } }));
  const few = new Deployer(oneAccount({ more }));
  const queues = few.all
    .filter(({ Action }) => list(Action).includes('sqs:CreateQueue'))
    .flatMap(({ Resource }) => list(Resource));

  expect(queues).toHaveLength(22);
  expect(queues.filter((queue) => queue.includes('*'))).toEqual([]);
});
