import type { Engine } from '../engine/engine.js';
import { hashOfParts } from '../hash.js';
import type { Rule } from '../rule.js';
import { documentKey } from '../state/keys.js';
import type { Version } from '../state/store.js';
import { ContentionError, ensureDocument, updateDocument } from './documents.js';
import { GroupWriter, type GroupWriterOptions } from './group-writer.js';
import { eachInTurn } from './in-turn.js';
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
  /** Whoever handed out the unit remembers that it is done. Without entries there is nothing else to be kept. */
  readonly isRemembered?: boolean;
  /**
   * Called when this is what counts: at most once for a unit, except after a crash that undid it, or where a unit that
   * left no record is handed out again.
   */
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

/** What a unit contributes to one group, or a part of it. */
interface Part {
  readonly part: string;
  readonly rule: Rule;
  readonly entry: ManifestEntry;
}

/** A page of a manifest is not there: expired, or taken away by whoever finished the unit. */
class PageGoneError extends Error {}

/** Documents that are worked on at the same time for one unit: a store across a network is mostly waited for. */
const AT_ONCE = 16;
const DAY_MS = 86_400_000;
/** Marks of finished units outlive every queue that could deliver them again: SQS and its dead letters keep 14 days. */
const UNIT_RETENTION_MS = 30 * DAY_MS;

/**
 * Counts what a unit contributes exactly once, whatever fails on the way, by nothing but compare-and-set on one
 * document at a time:
 * 1. the contributions are stored if none are yet; who loses, or retries, applies the stored ones, not its own;
 * 2. each group folds them in, unless it holds this unit already;
 * 3. the unit is marked as done. Only after that, and once the store is durable, may it be acknowledged.
 *
 * A unit that contributes nothing has nothing to apply; its mark alone is kept, so that its range stays what it was. Where
 * the feed remembers by itself what is done, not even that.
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
    if (found !== undefined) {
      return found.body.state === 'done' ? finished(found.body, true) : this.apply(key, found);
    }
    const evaluated = await evaluate();
    if (evaluated.isRemembered !== true || evaluated.entries.length > 0) {
      return this.apply(key, await this.open(key, evaluated));
    }
    // Nothing was counted, so nothing can count twice, whatever of the unit is handed out again.
    evaluated.onRecord?.();
    return finished(evaluated, false);
  }

  private async apply(key: string, unit: OpenUnit): Promise<Applied> {
    if (unit.body.state === 'done') return finished(unit.body, false);
    const touched: Set<string>[] = [];
    try {
      await eachInTurn(this.partsOf(unit), groupOf, AT_ONCE, ({ part, rule, entry }) => {
        const ofPart = new Set<string>();
        touched.push(ofPart);
        return this.groups.apply(part, rule, entry, ofPart);
      });
    } catch (error) {
      if (!(error instanceof PageGoneError)) throw error;
      return this.withoutPage(key, inOrder(touched));
    }
    await this.close(key, unit);
    return { ...finished(unit.body, false), touched: inOrder(touched) };
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

  /** What a unit contributes, in order. @throws PageGoneError */
  private async *partsOf({ body, written }: OpenUnit): AsyncGenerator<Part> {
    const { store, ruleNamed } = this.options;
    for (let at = 0; at < body.pages; at++) {
      const page = written?.[at] ?? (await store.get(pageKey(body, at)))?.body;
      if (page === undefined) throw new PageGoneError();
      const { entries, rules } = JSON.parse(page) as ManifestPage;
      for (const [i, entry] of entries.entries()) {
        const kept = rules.find(({ id }) => id === entry.rule);
        const rule = ruleNamed(entry.rule) ?? (kept && revive(kept));
        const part = `${body.manifest.slice(0, 16)}.${String(at)}.${String(i)}`;
        if (rule !== undefined) yield { part, rule, entry };
      }
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
    await eachInTurn(written.entries(), String, AT_ONCE, ([at, page]) =>
      ensureDocument(store, pageKey(body, at), page, marks),
    );
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
    await eachInTurn(Array(unit.pages).keys(), String, AT_ONCE, async (at) => {
      const found = await store.get(pageKey(unit, at));
      if (found !== undefined) await store.remove(pageKey(unit, at), found.version);
    });
  }
}

/** The late group of a key counts as the same: it is written within the work on the other. */
const groupOf = ({ entry }: Part): string => JSON.stringify([entry.rule, entry.dedup]);

/** As they were begun, not as they came to an end. */
const inOrder = (touched: readonly ReadonlySet<string>[]): readonly string[] => [
  ...new Set(touched.flatMap((keys) => [...keys])),
];

const pageKey = ({ manifest }: UnitBody, at: number): string => `manifest/${manifest}.${String(at)}`;

const finished = ({ end }: Pick<UnitBody, 'end'>, already: boolean): Applied => ({
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
