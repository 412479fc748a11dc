import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_RETRY,
  dueAt,
  fail,
  hold,
  lease,
  LEASE_MS,
  passOver,
  queue,
  retryAt,
  succeed,
  type DeliveryState,
} from '../../../detector/alerts/delivery-state.js';
import type { MessageKind } from '../../../detector/destinations/destination.js';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const taken = (state: DeliveryState, now = NOW): DeliveryState => lease(state, now)!;
const raised = queue(undefined, 'raised', NOW);
const sending = taken(raised);
const delivered = succeed(sending, sending.fence, 'post-1', NOW);

describe('a first message', () => {
  test('is due at once', () => {
    expect(raised).toEqual({
      ...{ state: 'waiting', kind: 'raised', attempts: 0, next: NOW, since: NOW, fence: 0 },
    });
    expect(dueAt(raised)).toBe(NOW);
  });

  test('is not taken twice while its lease runs, and is taken over when it has run out', () => {
    expect(lease(sending, NOW + LEASE_MS - 1)).toBeUndefined();
    expect(lease(sending, NOW + LEASE_MS)).toMatchObject({ state: 'sending', attempts: 2, fence: 2 });
  });

  test('that arrived keeps what the destination calls it, and wants nothing more', () => {
    expect(delivered).toMatchObject({ state: 'delivered', receipt: 'post-1' });
    expect(dueAt(delivered)).toBeUndefined();
  });

  test('that is held is never sent, whatever follows', () => {
    const held = hold('raised', NOW, 'muted');

    for (const kind of ['updated', 'escalated', 'resolved'] as const) {
      expect(queue(held, kind, NOW)).toBe(held);
    }
    expect(lease(held, NOW + 1e12)).toBeUndefined();
  });
});

describe('an answer whose lease was taken over', () => {
  const over = taken(sending, NOW + LEASE_MS);

  test('changes nothing, success or failure', () => {
    expect(succeed(over, sending.fence, 'late', NOW)).toBe(over);
    expect(fail(over, sending.fence, 'late', undefined, NOW)).toBe(over);
  });

  test('changes nothing after the other one arrived either', () => {
    const done = succeed(over, over.fence, 'post', NOW);

    expect(succeed(done, sending.fence, 'late', NOW)).toBe(done);
    expect(fail(done, over.fence, 'again', undefined, NOW)).toBe(done);
  });
});

describe('what follows', () => {
  test.each<[string, DeliveryState, MessageKind, Partial<DeliveryState>]>([
    ['a first message that waits shows the higher severity itself', raised, 'escalated', { kind: 'raised' }],
    ['a first message that waits shows more events itself', raised, 'updated', { kind: 'raised', next: NOW }],
    ['an end waits for the first message', raised, 'resolved', { kind: 'raised', then: 'resolved' }],
    [
      'a higher severity has the last word over an end before it',
      queue(raised, 'resolved', NOW),
      'escalated',
      { kind: 'raised' },
    ],
    ['a message under way is followed', sending, 'escalated', { state: 'sending', then: 'escalated' }],
    ['a message under way is followed by an update', sending, 'updated', { then: 'updated' }],
    ['an update gives way', queue(sending, 'updated', NOW), 'escalated', { then: 'escalated' }],
    ['an update changes no escalation', queue(sending, 'escalated', NOW), 'updated', { then: 'escalated' }],
    ['an end comes after an escalation', queue(sending, 'escalated', NOW), 'resolved', { then: 'resolved' }],
    [
      'a delivered one is escalated at once',
      delivered,
      'escalated',
      { state: 'waiting', kind: 'escalated', next: NOW, receipt: 'post-1' },
    ],
    ['updates are joined for a minute', delivered, 'updated', { kind: 'updated', next: NOW + MINUTE }],
    [
      'a second update keeps the time of the first',
      queue(delivered, 'updated', NOW),
      'updated',
      { kind: 'updated', next: NOW + MINUTE },
    ],
    [
      'an escalation does not wait for the update',
      queue(delivered, 'updated', NOW),
      'escalated',
      { kind: 'escalated', next: NOW },
    ],
    [
      'an end does not wait for the update',
      queue(delivered, 'updated', NOW),
      'resolved',
      { kind: 'resolved', next: NOW },
    ],
  ])('%s', (_what, state, kind, expected) => {
    const next = queue(state, kind, NOW);

    expect(next).toMatchObject(expected);
    if (expected.then === undefined) expect(next.then).toBeUndefined();
  });

  test('an alert that was ended is not updated, and is opened by a higher severity', () => {
    const ending = taken(queue(delivered, 'resolved', NOW));
    const ended = succeed(ending, ending.fence, undefined, NOW);

    expect(queue(ended, 'updated', NOW)).toBe(ended);
    expect(queue(ended, 'resolved', NOW)).toBe(ended);
    expect(queue(ending, 'updated', NOW)).toBe(ending);
    expect(queue(ended, 'escalated', NOW)).toMatchObject({ state: 'waiting', kind: 'escalated' });
    expect(queue(queue(delivered, 'resolved', NOW), 'escalated', NOW)).toMatchObject({ kind: 'escalated' });
  });

  test('escalation while sending is sent once the message arrived', () => {
    const next = succeed(queue(sending, 'escalated', NOW), 1, 'post', NOW + 5);

    expect(next).toMatchObject({ state: 'waiting', kind: 'escalated', attempts: 0, next: NOW + 5 });
    expect(next.then).toBeUndefined();
  });

  test('escalation while sending is part of the next attempt when the message failed', () => {
    const next = fail(queue(sending, 'escalated', NOW), 1, 'busy', NOW + MINUTE, NOW);

    expect(next).toMatchObject({ state: 'waiting', kind: 'raised', next: NOW + MINUTE });
    expect(next.then).toBeUndefined();
  });

  test('an end follows even when the message before it had to be sent again', () => {
    const over = taken(queue(sending, 'resolved', NOW), NOW + LEASE_MS);

    expect(over).toMatchObject({ kind: 'raised', then: 'resolved' });
    expect(succeed(over, 2, undefined, NOW)).toMatchObject({ state: 'waiting', kind: 'resolved' });
  });
});

describe('a message that was given up', () => {
  const lost = fail(sending, sending.fence, 'refused '.repeat(100), undefined, NOW);

  test('stays so, with its reason cut, for what only changes it', () => {
    expect(lost).toMatchObject({ state: 'failed', kind: 'raised' });
    expect(lost.reason).toHaveLength(200);
    expect(dueAt(lost)).toBeUndefined();
    expect(queue(lost, 'updated', NOW)).toBe(lost);
    expect(queue(lost, 'resolved', NOW)).toBe(lost);
  });

  test('is tried again, as the first one that it is, when the severity rises', () => {
    expect(queue(lost, 'escalated', NOW + 1)).toEqual({
      ...{ state: 'waiting', kind: 'raised', attempts: 0, next: NOW + 1, since: NOW + 1, fence: 1 },
    });
  });

  test('does not keep an alert that arrived before from being ended', () => {
    const updating = taken(queue(delivered, 'updated', NOW), NOW + MINUTE);
    const failed = fail(updating, updating.fence, 'gone', undefined, NOW);

    expect(queue(failed, 'resolved', NOW)).toMatchObject({ state: 'waiting', kind: 'resolved' });
    expect(queue(failed, 'escalated', NOW)).toMatchObject({ state: 'waiting', kind: 'escalated' });
  });

  test('is followed by what was to follow it', () => {
    const next = fail(queue(sending, 'escalated', NOW), 1, 'refused', undefined, NOW);

    expect(next).toMatchObject({ state: 'waiting', kind: 'raised', attempts: 0 });
  });
});

describe('the time of the next attempt', () => {
  const failure = { permanent: false, reason: 'busy' };
  const at = (attempts: number, chance: number, more = {}) =>
    (retryAt({ attempts, since: NOW }, { ...failure, ...more }, NOW, chance) ?? NaN) - NOW;

  test('doubles, with half of it left to chance, up to half an hour', () => {
    expect([1, 2, 3, 4].map((attempts) => at(attempts, 1))).toEqual([30_000, 60_000, 120_000, 240_000]);
    expect([1, 2, 3, 4].map((attempts) => at(attempts, 0))).toEqual([15_000, 30_000, 60_000, 120_000]);
    expect(at(1000, 1)).toBe(30 * MINUTE);
  });

  test('is never before what the destination asked for', () => {
    expect(at(1, 0, { retryAfterMs: 90_000 })).toBe(90_000);
    expect(at(1, 0, { retryAfterMs: 1 })).toBe(15_000);
  });

  test.each([NaN, Infinity, -Infinity, -5])(
    'does not follow a destination that asks for %d',
    (retryAfterMs) => {
      expect(at(1, 1, { retryAfterMs })).toBe(30_000);
    },
  );

  test('never comes for what is permanent or too old', () => {
    expect(retryAt({ attempts: 1, since: NOW }, { permanent: true, reason: '' }, NOW, 0)).toBeUndefined();
    const since = NOW - DEFAULT_RETRY.mostAgeMs;
    expect(retryAt({ attempts: 9, since }, failure, NOW, 0)).toBeUndefined();
    expect(retryAt({ attempts: 1, since: since + MINUTE }, failure, NOW, 1)).toBe(NOW + 30_000);
  });

  test('comes to an end when every attempt fails, after a few dozen of them', () => {
    let state = raised;
    let attempts = 0;
    for (let now = NOW; state.state !== 'failed'; now = state.next) {
      state = taken(state, now);
      state = fail(state, state.fence, 'busy', retryAt(state, failure, now, 0.5), now);
      attempts++;
    }
    expect(attempts).toBeGreaterThan(40);
    expect(attempts).toBeLessThan(80);
  });
});

test('what a destination cannot show is passed over, with what follows', () => {
  expect(passOver(queue(delivered, 'updated', NOW), NOW)).toMatchObject({ state: 'delivered', fence: 1 });
  expect(passOver({ ...queue(delivered, 'updated', NOW), then: 'resolved' }, NOW)).toMatchObject({
    ...{ state: 'waiting', kind: 'resolved' },
  });
  expect(passOver(delivered, NOW)).toBe(delivered);
});

/** What the destination saw and what it should have seen, kept beside the real state. */
interface Model {
  now: number;
  severity: number;
  toldSeverity: number;
  resolved: boolean;
  toldResolved: boolean;
  arrived: number;
  firsts: number;
  leases: { fence: number; until: number; severity: number }[];
  givenUp: boolean;
}
interface Real {
  state: DeliveryState;
}

class Rise implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    model.severity++;
    model.resolved = false;
    model.givenUp = false;
    real.state = queue(real.state, 'escalated', model.now);
  }
  toString = () => 'rise';
}
class Join implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    const before = real.state;
    real.state = queue(real.state, 'updated', model.now);
    if (before.state === 'sending') expect(real.state.fence).toBe(before.fence);
  }
  toString = () => 'join';
}
class Resolve implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    model.resolved = true;
    real.state = queue(real.state, 'resolved', model.now);
  }
  toString = () => 'resolve';
}
class Take implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    const next = lease(real.state, model.now);
    if (next === undefined) return;
    expect(real.state.state === 'waiting' || real.state.next <= model.now).toBe(true);
    expect(next.fence).toBe(real.state.fence + 1);
    model.leases.push({ fence: next.fence, until: next.next, severity: model.severity });
    real.state = next;
  }
  toString = () => 'take';
}
class Answer implements fc.Command<Model, Real> {
  constructor(
    private readonly pick: number,
    private readonly how: 'arrived' | 'busy' | 'refused',
  ) {}
  check = (model: Readonly<Model>) => model.leases.length > 0;
  run(model: Model, real: Real): void {
    const [answered] = model.leases.splice(this.pick % model.leases.length, 1);
    const { fence, severity } = answered!;
    const before = real.state;
    const isCurrent = before.state === 'sending' && before.fence === fence;
    if (this.how === 'arrived') {
      const { kind } = before;
      real.state = succeed(before, fence, undefined, model.now);
      if (isCurrent) {
        model.arrived++;
        if (kind === 'raised') model.firsts++;
        else expect(model.firsts).toBe(1);
        model.toldSeverity = Math.max(model.toldSeverity, severity);
        model.toldResolved = kind === 'resolved';
      }
    } else {
      const failure = { permanent: this.how === 'refused', reason: this.how };
      const next = retryAt(before, failure, model.now, 0.5);
      real.state = fail(before, fence, this.how, next, model.now);
      if (isCurrent && real.state.state === 'failed') model.givenUp = true;
    }
    if (!isCurrent) expect(real.state).toBe(before);
  }
  toString = () => `answer ${this.how}`;
}
class Wait implements fc.Command<Model, Real> {
  constructor(private readonly ms: number) {}
  check = () => true;
  run(model: Model): void {
    model.now += this.ms;
  }
  toString = () => `wait ${this.ms}`;
}

test('in any course of events, the last word is told once, and the first message never twice', () => {
  const commands = fc.commands(
    [
      fc.constant(new Rise()),
      fc.constant(new Join()),
      fc.constant(new Resolve()),
      fc.constant(new Take()),
      fc
        .tuple(fc.nat(5), fc.constantFrom('arrived', 'arrived', 'busy', 'refused'))
        .map(([pick, how]) => new Answer(pick, how)),
      fc.constantFrom(1, 30_000, LEASE_MS, 40 * MINUTE).map((ms) => new Wait(ms)),
    ],
    { size: 'max', maxCommands: 40 },
  );
  fc.assert(
    fc.property(commands, (list) => {
      const model: Model = {
        ...{ now: NOW, severity: 1, toldSeverity: 0, resolved: false, toldResolved: false },
        ...{ arrived: 0, firsts: 0, leases: [], givenUp: false },
      };
      const real: Real = { state: queue(undefined, 'raised', NOW) };
      fc.modelRun(() => ({ model, real }), list);

      // From here on everything works.
      model.leases = [];
      for (let due = dueAt(real.state); due !== undefined; due = dueAt(real.state)) {
        model.now = Math.max(model.now, due);
        new Take().run(model, real);
        new Answer(0, 'arrived').run(model, real);
      }
      if (model.givenUp) return;
      expect(real.state.state).toBe('delivered');
      expect(model.firsts).toBe(1);
      expect(model.toldResolved).toBe(model.resolved);
      // An alert that somebody ended need not tell how severe it had become.
      if (!model.resolved) expect(model.toldSeverity).toBe(model.severity);
    }),
    { numRuns: 2000 },
  );
});
