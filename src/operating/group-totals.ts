import type { StoredGroup } from '../../detector/alerts/group-document.js';

/** Messages that stand with one destination now. */
export interface StandingCounts {
  readonly waiting: number;
  readonly failed: number;
  readonly held: number;
}

const NONE: StandingCounts = { waiting: 0, failed: 0, held: 0 };

/** Adds up over groups where their alerts stand. */
export class GroupTotals {
  private readonly destinations = new Map<string, StandingCounts>();
  private readonly heldBy = new Map<string, number>();
  alerts = 0;
  unresolved = 0;

  add({ group, deliveries, resolved }: StoredGroup): void {
    for (const { id } of group.alerts) {
      this.alerts++;
      if (resolved[id] === undefined) this.unresolved++;
      const reasons = new Set<string>();
      for (const [name, { state, reason = 'unknown' }] of Object.entries(deliveries[id] ?? {})) {
        if (state === 'held') reasons.add(reason);
        const standing = state === 'sending' ? 'waiting' : state;
        if (standing === 'delivered') continue;
        const known = this.standingOf(name);
        this.destinations.set(name, { ...known, [standing]: known[standing] + 1 });
      }
      for (const reason of reasons) this.heldBy.set(reason, (this.heldBy.get(reason) ?? 0) + 1);
    }
  }

  standingOf(destination: string): StandingCounts {
    return this.destinations.get(destination) ?? NONE;
  }

  names(): readonly string[] {
    return [...this.destinations.keys()];
  }

  /** Alerts that are held back, by reason. */
  held(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.heldBy].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
