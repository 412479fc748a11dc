import { recordDeadLetter } from './alerts/dead-letters.js';
import { ContentionError } from './alerts/documents.js';
import { Ledger, type Evaluated, type LedgerOptions } from './alerts/ledger.js';
import { ManifestBuilder } from './alerts/manifest.js';
import type { Redactor } from './alerts/redact.js';
import { createPlanner, type PlannerOptions } from './alerts/planner.js';
import { systemEntry, systemRules, type SystemEvent } from './alerts/system-rules.js';
import type { Engine, RuleFailure } from './engine/engine.js';
import { FieldWatch, type SeenFields } from './engine/seen-fields.js';
import { evaluateUnit, type DeadLetter, type UnitCounts } from './evaluate-unit.js';
import type { FeedUnit, UnitOutcome } from './feeds/feed.js';
import { RetryLaterError } from './feeds/unit.js';
import { logTypes } from './logs/index.js';
import type { SplitLimits } from './logs/record.js';
import type { SourceMap } from './logs/source-map.js';
import type { LogTypeId } from './rule.js';
import { StoreError, type StateStore } from './state/store.js';

export interface ProcessorOptions
  extends
    Pick<LedgerOptions, 'latenessMs' | 'alertRetentionMs' | 'ruleset' | 'accepts'>,
    Pick<PlannerOptions, 'routing' | 'alertsPerHour' | 'sendLate'> {
  readonly engine: Engine;
  readonly store: StateStore;
  readonly sources: SourceMap;
  readonly limits: SplitLimits;
  /** Blots out of matches what must not leave. */
  readonly redact: Redactor;
  readonly now: () => number;
  /** Told of every unit that was evaluated, once its matches are on record; for metrics and status. */
  readonly observe?: (report: UnitReport) => void;
}

/** Records that are listed of a unit, of those that could not be processed. */
const MOST_LETTERS = 100;

export interface UnitReport {
  readonly source: string;
  readonly counts: UnitCounts;
  /** Matches by rule. */
  readonly hits: ReadonlyMap<string, number>;
  readonly failures: number;
  /** Of the fields that rules need, those that had a value, in the events that were looked at. */
  readonly seen: ReadonlyMap<LogTypeId, SeenFields>;
  readonly at: number;
}

export interface Processed {
  readonly outcome: UnitOutcome;
  /** Groups with something to deliver, once the store is durable. */
  readonly touched: readonly string[];
}

/**
 * The core that every runtime calls: a unit goes in, groups have counted it when the store is durable. Acknowledging
 * and delivering come after that, and are the runtime's.
 */
export class Processor {
  private readonly ledger: Ledger;
  private readonly engine: Engine;
  private readonly fields: FieldWatch;

  constructor(private readonly options: ProcessorOptions) {
    const { engine, redact } = options;
    const rules = new Map([...engine.rules, ...systemRules].map((rule) => [rule.id, rule]));
    this.ledger = new Ledger({
      ...options,
      ruleNamed: (id) => rules.get(id),
      plan: createPlanner(options),
    });
    this.engine = withRedactedFailures(engine, redact);
    this.fields = new FieldWatch(engine.rules, logTypes);
  }

  /** Evaluates a unit and counts its matches, once, however often it is called with it. */
  async process(unit: FeedUnit, source: string): Promise<Processed> {
    try {
      const { end, touched } = await this.ledger.process(unit.id, () => this.evaluate(unit, source));
      return { outcome: { kind: 'done', ...(end === undefined ? {} : { end }) }, touched };
    } catch (error) {
      if (!isPassing(error)) throw error;
      return { outcome: { kind: 'retry', reason: String(error) }, touched: [] };
    }
  }

  /** Raises an alert of the detector about itself. @returns keys of groups with something to deliver */
  raise(event: SystemEvent): Promise<readonly string[]> {
    return this.ledger.raise(event);
  }

  /**
   * What the detector has to say about the unit is part of what the unit contributes, so that a crash loses neither.
   */
  private async evaluate(unit: FeedUnit, source: string): Promise<Evaluated> {
    const { sources, limits, redact, now, observe } = this.options;
    const manifest = new ManifestBuilder(unit.name, unit.arrival);
    const letters: DeadLetter[] = [];
    const reasons = new Map<string, number>();
    const failures = new Map<string, RuleFailure & { events: number }>();
    const fields = this.fields.begin();
    const options = { engine: this.engine, sources, limits, redact, arrival: unit.arrival };
    const counts = await evaluateUnit(unit, unit.key, options, {
      match: (found) => manifest.add(found),
      sample: (logType, event) => fields.look(logType, event),
      deadLetter: (letter) => {
        reasons.set(letter.reason, (reasons.get(letter.reason) ?? 0) + 1);
        if (letters.length < MOST_LETTERS) letters.push(letter);
      },
      ruleFailure: (failure) => {
        const key = `${failure.rule} ${failure.hook}`;
        failures.set(key, { ...failure, events: (failures.get(key)?.events ?? 0) + 1 });
      },
    });
    const events: SystemEvent[] = [];
    if (reasons.size > 0) {
      events.push(await this.setAside(unit, source, letters, Object.fromEntries(reasons)));
    }
    for (const failure of failures.values()) events.push(await this.reportRule(unit, source, failure));
    const { hits } = manifest;
    return {
      entries: [...manifest.entries(), ...events.map(systemEntry)],
      onRecord: () =>
        observe?.({ source, counts, hits, failures: failures.size, seen: fields.seen, at: now() }),
      isRemembered: unit.isRemembered === true,
      ...(unit.end === undefined ? {} : { end: unit.end }),
    };
  }

  private async setAside(
    unit: FeedUnit,
    source: string,
    letters: readonly DeadLetter[],
    reasons: Readonly<Record<string, number>>,
  ): Promise<SystemEvent> {
    const { store, now } = this.options;
    const at = now();
    await recordDeadLetter(
      store,
      { kind: 'unit', source, unitId: unit.id, unit: unit.name, reasons, letters },
      at,
    );
    return {
      rule: 'tocsin.dead-letters',
      about: source,
      title: `Log data of ${source} could not be processed`,
      context: { source, unit: unit.name, reasons, first: letters[0]?.message ?? '' },
      at,
    };
  }

  private async reportRule(
    unit: FeedUnit,
    source: string,
    { rule, hook, error, events }: RuleFailure & { events: number },
  ): Promise<SystemEvent> {
    const { store, now } = this.options;
    const at = now();
    await recordDeadLetter(
      store,
      { kind: 'rule', source, rule, hook, error, events, unitId: unit.id, unit: unit.name },
      at,
    );
    return {
      rule: 'tocsin.rule-failed',
      about: rule,
      title: `${rule} failed on events (${hook})`,
      context: { rule, hook, error, unit: unit.name, events },
      at,
    };
  }
}

/** What a rule's code throws can quote the event. */
function withRedactedFailures(engine: Engine, redact: Redactor): Engine {
  return {
    rules: engine.rules,
    evaluate: (logType, parse, view) => {
      const evaluation = engine.evaluate(logType, parse, view);
      if (evaluation.failures.length === 0) return evaluation;
      const failures = evaluation.failures.map((failure) => ({
        ...failure,
        error: redact.text(failure.error, parse()),
      }));
      return { ...evaluation, failures };
    },
  };
}

/** The same work may succeed later. */
const isPassing = (error: unknown): boolean =>
  error instanceof RetryLaterError ||
  error instanceof ContentionError ||
  (error instanceof StoreError && error.outcome === 'retry');
