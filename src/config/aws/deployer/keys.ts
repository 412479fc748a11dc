import { condition, type Condition } from '../statement.js';
import { named, together, unbound, type Grant, type Kind } from './grant.js';
import type { Made } from './made.js';

/** Tag of everything that an installation makes; every provider of the stacks sets it. */
const MARK = 'tocsin:installation';

/**
 * Nobody knows the ARN of a key beforehand, so that keys are told by tag and alias. Both count only some minutes after
 * they are set, and Terraform goes on at once: a key without either has to pass too. What passes besides ours are keys
 * of the account and region that have no alias at all and no tag of another installation.
 * https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
 */
const oursOrNew = (made: Made): readonly Condition[] => [
  ...markedOrNew(made),
  condition('ForAllValues:StringLike', 'kms:ResourceAliases', `alias/${made.topology.base}-*`),
];

/** Never of another installation. */
export const markedOrNew = ({ topology: { installation } }: Made): readonly Condition[] => [
  condition('StringEqualsIfExists', `aws:ResourceTag/${MARK}`, installation),
];

const keysOf = (made: Made): readonly string[] => [made.arn('kms', 'key/*')];

export const key: Kind = (made) => {
  const about = { family: 'Keys', resources: keysOf(made), conditions: oursOrNew(made) };
  return [
    {
      ...about,
      step: 'plan',
      actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListResourceTags'],
    },
    {
      ...about,
      step: 'apply',
      actions: [
        ...['kms:EnableKey', 'kms:EnableKeyRotation', 'kms:PutKeyPolicy', 'kms:TagResource'],
        ...['kms:UntagResource', 'kms:UpdateKeyDescription'],
      ],
    },
    unbound(
      made,
      'apply',
      'NewKeys',
      ['kms:CreateKey'],
      condition('StringEquals', `aws:RequestTag/${MARK}`, made.topology.installation),
    ),
    ...(made.isKept ? [] : [deletion(made)]),
  ];
};

/** A deletion can be taken back for as long as the stacks say, and the keys of what is kept are out of reach. */
const deletion = (made: Made): Grant => ({
  step: 'apply',
  family: 'DeleteKeys',
  actions: ['kms:ScheduleKeyDeletion'],
  resources: keysOf(made),
  conditions: [
    condition('StringEquals', `aws:ResourceTag/${MARK}`, made.topology.installation),
    notKept(made),
    condition(
      'NumericGreaterThanEquals',
      'kms:ScheduleKeyDeletionPendingWindowInDays',
      String(made.number('deletion_window_in_days')),
    ),
  ],
});

/** No other key of ours has an alias like that of a key of logs. */
function notKept({ topology: { base, detector, sources }, isByPattern }: Made): Condition {
  const key = 'kms:ResourceAliases';
  const ofDetector = `alias/${detector.keyAlias}`;
  if (isByPattern) return condition('ForAllValues:StringNotLike', key, ofDetector, `alias/${base}-*-logs`);
  const ofLogs = sources
    .filter(({ makes }) => makes !== undefined)
    .map((source) => `alias/${source.base}-logs`);
  return condition('ForAllValues:StringNotEquals', key, ofDetector, ...ofLogs);
}

/**
 * An alias is a resource of its own, and giving it to a key or taking it away is asked of the key too. None is moved to
 * another key: without its alias, the key of something that is kept could be deleted.
 */
export const alias: Kind = together(
  named('Aliases', { writes: ['kms:CreateAlias'], deletes: ['kms:DeleteAlias'] }),
  (made) => [
    unbound(made, 'plan', 'FindAliases', ['kms:ListAliases']),
    {
      step: 'apply',
      family: 'Keys',
      actions: ['kms:CreateAlias', 'kms:DeleteAlias'],
      resources: keysOf(made),
      conditions: oursOrNew(made),
    },
  ],
);

export interface KeyUse {
  /** The attribute that names the key. */
  readonly attribute: string;
  readonly uses: readonly string[];
  /** Whether the service keeps a permission of its own, for as long as the resource is there. @default false */
  readonly lends?: boolean;
}

/**
 * Whoever gives a resource a key is asked whether they may use it: here through that service alone, of whose data the
 * deployer may read none.
 */
export const keyThrough =
  (service: string, { attribute, uses, lends = false }: KeyUse): Kind =>
  (made) => {
    if (!made.has(attribute)) return [];
    const name = service.charAt(0).toUpperCase() + service.slice(1);
    const conditions = [
      ...oursOrNew(made),
      condition('StringEquals', 'kms:ViaService', `${service}.${made.region}.${domainOf(made)}`),
    ];
    const about = { step: 'apply', resources: keysOf(made) } as const;
    const use: Grant = { ...about, family: `UseKeyThrough${name}`, actions: uses, conditions };
    const loan: Grant = {
      ...about,
      family: `LendKeyTo${name}`,
      actions: ['kms:CreateGrant'],
      conditions: [...conditions, condition('Bool', 'kms:GrantIsForAWSResource', 'true')],
    };
    return lends ? [use, loan] : [use];
  };

const domainOf = ({ topology: { partition } }: Made): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
