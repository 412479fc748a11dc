import type { FeedUnit } from '../feed.js';
import type { MessageUnits } from './message.js';
import type { Received } from './queue.js';

/** Whether a message is to be delivered again when its units are over: the last of these that one of them asks for. */
export type Again = 'never' | 'now' | 'later';
const WORSE: readonly Again[] = ['never', 'now', 'later'];

/** A message that is kept from others while its units are worked on. */
export interface Held {
  readonly id: string;
  readonly sent: number | undefined;
  /** Of its latest delivery. */
  receipt: string;
  times: number;
  /** When that was. */
  since: number;
  again: Again;
  /** Ids of units that are not over. */
  readonly open: Set<string>;
}

/** Which messages wait for which units. Several can wait for the same one: an object is announced more than once. */
export class Holdings {
  private readonly messages = new Map<string, Held>();
  private readonly waiting = new Map<string, Held[]>();

  get size(): number {
    return this.messages.size;
  }

  all(): readonly Held[] {
    return [...this.messages.values()];
  }

  /** A message that is delivered once more while it is held, since its time ran out. @returns whether it is one */
  renew({ id, receipt, times }: Received, now: number): boolean {
    const held = this.messages.get(id);
    if (held === undefined) return false;
    Object.assign(held, { receipt, times, since: now } satisfies Partial<Held>);
    return true;
  }

  /** @returns the message, and those of its units that no message waited for yet */
  hold(
    { id, receipt, sent, times }: Received,
    { units, isDamaged }: Pick<MessageUnits, 'units' | 'isDamaged'>,
    now: number,
  ): { readonly held: Held; readonly fresh: readonly FeedUnit[] } {
    const held: Held = {
      ...{ id, receipt, sent, times, since: now },
      again: isDamaged ? 'later' : 'never',
      open: new Set(units.map((unit) => unit.id)),
    };
    if (units.length > 0) this.messages.set(id, held);
    const fresh: FeedUnit[] = [];
    for (const unit of units) {
      const others = this.waiting.get(unit.id);
      if (others === undefined) fresh.push(unit);
      this.waiting.set(unit.id, [...(others ?? []), held]);
    }
    return { held, fresh };
  }

  /** A unit is over. @returns the messages that waited for nothing else, and are not held any more */
  release(unitId: string, again: Again): readonly Held[] {
    const held = this.waiting.get(unitId) ?? [];
    this.waiting.delete(unitId);
    for (const message of held) {
      message.open.delete(unitId);
      if (WORSE.indexOf(again) > WORSE.indexOf(message.again)) message.again = again;
    }
    const over = held.filter(({ open }) => open.size === 0);
    for (const { id } of over) this.messages.delete(id);
    return over;
  }
}
