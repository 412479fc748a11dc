import { fold, type AlertPolicy } from '../../detector/alerts/fold.js';
import { emptyGroup, type Contribution } from '../../detector/alerts/group.js';
import type { Case } from '../measure.js';
import type { Suite } from './suite.js';

const CONTRIBUTIONS = 20_000;
const SECOND = 1000;
/** Out of reach: what waits for a threshold is what a fold works on longest. */
const WAITING: AlertPolicy = { threshold: 1000, windowMs: 600 * SECOND, distinct: false };
const ALERTING: AlertPolicy = { threshold: 5, windowMs: 600 * SECOND, distinct: false };

/** The fold of matches into groups: the same number of them, spread and cut in different ways. */
export const grouping: Suite = {
  name: 'grouping',
  title: `Grouping: ${CONTRIBUTIONS.toLocaleString('en-US')} matches; an event is a match here`,
  prepare: async () => [
    foldCase('2,000 groups, 10 matches at once', { groups: 2000, batch: 10, policy: ALERTING }),
    foldCase('2,000 groups, one by one', { groups: 2000, batch: 1, policy: ALERTING }),
    foldCase('one group, all at once', { groups: 1, batch: CONTRIBUTIONS, policy: ALERTING }),
    foldCase('one group, 100 at once', { groups: 1, batch: 100, policy: ALERTING }),
    foldCase('one group, 100 at once, none alerts', { groups: 1, batch: 100, policy: WAITING }),
  ],
};

interface Shape {
  readonly groups: number;
  /** Matches that a group gets at once. */
  readonly batch: number;
  readonly policy: AlertPolicy;
}

function foldCase(name: string, { groups, batch, policy }: Shape): Case {
  const each = CONTRIBUTIONS / groups;
  const batches = Array.from({ length: Math.ceil(each / batch) }, (_, at) =>
    Array.from({ length: Math.min(batch, each - at * batch) }, (_, i) => contribution(at * batch + i)),
  );
  return {
    name,
    run: async () => {
      for (let at = 0; at < groups; at++) {
        let group = emptyGroup('aws.cloudtrail.root-activity', 'aws.cloudtrail', String(at));
        for (const contributions of batches) ({ group } = fold(group, contributions, policy));
      }
      return { events: CONTRIBUTIONS };
    },
  };
}

/** A match each second. */
const contribution = (at: number): Contribution => ({
  time: at * SECOND,
  id: `event-${at}`,
  severity: 'low',
  pointer: { unit: 'unit', index: at, eventId: `event-${at}` },
  present: () => ({ title: 'title', context: {} }),
});
