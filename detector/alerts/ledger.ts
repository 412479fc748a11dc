import type { Engine } from '../engine/engine.js';
import { hashOfParts } from '../hash.js';
import type { Rule } from '../rule.js';
import { documentKey } from '../state/keys.js';
import type { Version } from '../state/store.js';
import { ContentionError, ensureDocument, updateDocument } from './documents.js';
import { GroupWriter, type GroupWriterOptions } from './group-writer.js';
import type { ManifestEntry } from './manifest.js';
import { pagesOf, revive, type ManifestPage } from './manifest-pages.js';
import { systemEntry, systemRules, type SystemEvent } from './system-rules.js';

export type { DeliveryPlan } from './group-writer.js';

export interface LedgerOptions extends Omit<GroupWriterOptions, 'tell' | 'keepMs'> {
  /** Rules by id, as they are now. Matches of a rule that is gone meanwhile count as it was when they were found. */
  readonly ruleNamed: (id: string) => Rule | undefined;
}

/** What evaluating a unit gave. */
export interface Evaluated {
  readonly entries: readonly ManifestEntry[];
  /** Where the range ended that was evaluated. */
  readonly end?: number;
  /** Called when this is what is on record: at most once for a unit, except after a crash that undid it. */
  readonly onRecord?: () => void;
}

export interface Applied {
  /** The unit was finished before; nothing was done. */
  readonly already: boolean;
  readonly end?: number;
  /** Keys of groups with something to deliver now. */
  readonly touched: readonly string[];
}

/** The record of a unit: what it contributes, until it is applied; then only that it was. */
interface UnitBody {
  readonly v: 1;
  readonly state: 'open' | 'done';
  readonly ruleset: string;
  /** Names the pages that hold its contributions, and how many there are. */
  readonly manifest: string;
  readonly pages: number;
  readonly end?: number;
}

interface OpenUnit {
  readonly body: UnitBody;
  readonly version: Version;
  /** The pages, where this process wrote them. */
  readonly written?: readonly string[];
}

const DAY_MS = 86_400_000;
/** Marks of finished units outlive every queue that could deliver them again: SQS and its dead letters keep 14 days. */
const UNIT_RETENTION_MS = 30 * DAY_MS;

/**
 * Counts what a unit contributes exactly once, whatever fails on the way, by nothing but compare-and-set on one
 * document at a time:
 * 1. the contributions are stored if none are yet; who loses, or retries, applies the stored ones, not its own;
 * 2. each group folds them in, unless it holds this unit already;
 * 3. the unit is marked as done. Only after that, and once the store is durable, may it be acknowledged.
 */
export class Ledger {
  private readonly groups: GroupWriter;

  constructor(private readonly options: LedgerOptions) {
    const tell = (event: SystemEvent, touched: Set<string>): Promise<void> => this.tell(event, touched);
    // A group outlives the records of units that it counted, so that none of them can count twice.
    this.groups = new GroupWriter({ ...options, tell, keepMs: UNIT_RETENTION_MS });
  }

  /** @param evaluate is called only where no manifest of the unit is stored yet */
  async process(unitId: string, evaluate: () => Promise<Evaluated>): Promise<Applied> {
    const key = documentKey('unit', unitId);
    const found = await this.find(key);
    if (found?.body.state === 'done') return finished(found.body, true);
    const unit = found ?? (await this.open(key, await evaluate()));
    if (unit.body.state === 'done') return finished(unit.body, false);

    const touched = new Set<string>();
    for (let at = 0; at < unit.body.pages; at++) {
      const page = unit.written?.[at] ?? (await this.options.store.get(pageKey(unit.body, at)))?.body;
      if (page === undefined) return this.withoutPage(key, [...touched]);
      await this.applyPage(
        JSON.parse(page) as ManifestPage,
        `${unit.body.manifest.slice(0, 16)}.${at}`,
        touched,
      );
    }
    await this.close(key, unit);
    return { ...finished(unit.body, false), touched: [...touched] };
  }

  /** Counts what the detector says about itself. @returns keys of groups with something to deliver now */
  async raise(event: SystemEvent): Promise<readonly string[]> {
    const touched = new Set<string>();
    await this.tell(event, touched);
    return [...touched];
  }

  private async tell(event: SystemEvent, touched: Set<string>): Promise<void> {
    const rule = systemRules.find(({ id }) => id === event.rule);
    if (rule !== undefined) await this.groups.apply(undefined, rule, systemEntry(event), touched);
  }

  private async applyPage({ entries, rules }: ManifestPage, part: string, touched: Set<string>) {
    for (const [i, entry] of entries.entries()) {
      const kept = rules.find(({ id }) => id === entry.rule);
      const rule = this.options.ruleNamed(entry.rule) ?? (kept && revive(kept));
      if (rule !== undefined) await this.groups.apply(`${part}.${i}`, rule, entry, touched);
    }
  }

  private async find(key: string): Promise<OpenUnit | undefined> {
    const found = await this.options.store.get(key);
    return found && { body: JSON.parse(found.body) as UnitBody, version: found.version };
  }

  /** Stores what a unit contributes. Pages are named by their content, so writing them twice changes nothing. */
  private async open(key: string, { entries, end, onRecord }: Evaluated): Promise<OpenUnit> {
    const { store, now, ruleset, ruleNamed } = this.options;
    const marks = { due: null, expires: now() + UNIT_RETENTION_MS };
    const written = pagesOf(entries, ruleNamed);
    const body: UnitBody = {
      ...{ v: 1, state: written.length === 0 ? 'done' : 'open', ruleset },
      ...{ manifest: hashOfParts([key, ...written]), pages: written.length },
      ...(end === undefined ? {} : { end }),
    };
    for (const [at, page] of written.entries()) await ensureDocument(store, pageKey(body, at), page, marks);
    const version = await store.put(key, JSON.stringify(body), undefined, marks);
    if (version !== 'conflict') {
      onRecord?.();
      return { body, version, written };
    }
    const winner = await this.find(key);
    if (winner === undefined)
      throw new ContentionError(`The record of a unit, ${key}, was removed meanwhile.`);
    // Nobody applies these pages, unless the winner found the same.
    if (winner.body.manifest !== body.manifest || winner.body.state === 'done') await this.removePages(body);
    return winner;
  }

  /** Whoever finished the unit meanwhile took its pages away. */
  private async withoutPage(key: string, touched: readonly string[]): Promise<Applied> {
    const unit = await this.find(key);
    if (unit?.body.state === 'done') return { ...finished(unit.body, false), touched };
    // Pages can expire a moment before the record of a unit that was left open for weeks. Members are known by event.
    if (unit !== undefined) await this.options.store.remove(key, unit.version);
    throw new ContentionError(`A page of the manifest of ${key} is gone; the unit is evaluated again.`);
  }

  private async close(key: string, { body, version }: OpenUnit): Promise<void> {
    const { store, now } = this.options;
    const marks = { due: null, expires: now() + UNIT_RETENTION_MS };
    const done = JSON.stringify({ ...body, state: 'done' } satisfies UnitBody);
    if ((await store.put(key, done, version, marks)) === 'conflict') {
      // Somebody else closed it, most likely.
      await updateDocument(store, key, (found) =>
        found === done ? undefined : { body: done, marks, result: undefined },
      );
    }
    await this.removePages(body);
  }

  private async removePages(unit: UnitBody): Promise<void> {
    const { store } = this.options;
    for (let at = 0; at < unit.pages; at++) {
      const found = await store.get(pageKey(unit, at));
      if (found !== undefined) await store.remove(pageKey(unit, at), found.version);
    }
  }
}

const pageKey = ({ manifest }: UnitBody, at: number): string => `manifest/${manifest}.${String(at)}`;

const finished = ({ end }: UnitBody, already: boolean): Applied => ({
  ...{ already, touched: [] },
  ...(end === undefined ? {} : { end }),
});

/** Identifies a set of rules, whatever order they are listed in. */
export const rulesetHash = (engine: Engine): string =>
  hashOfParts(
    engine.rules
      .map((rule) =>
        JSON.stringify(rule, (_, value: unknown) => (typeof value === 'function' ? String(value) : value)),
      )
      .sort(),
  );
