import type { UnitLetters } from '../../detector/alerts/dead-letters.js';
import { StatisticsRecorder } from '../../detector/alerts/statistics.js';
import type { Engine } from '../../detector/engine/engine.js';
import type { DeadLetter } from '../../detector/evaluate-unit.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import type { UnitReport } from '../../detector/processor.js';
import { MOST_DOCUMENT_BYTES, type StateStore } from '../../detector/state/store.js';
import type { LoadedConfig } from '../config/load.js';
import { plural } from '../output/numbers.js';
import { engineOf, type LoadedRule } from '../rules/load-rules.js';
import { redactorOf } from '../serving/redactor.js';
import { readProblem } from './read-file.js';
import type { RuleItem, UnitItem } from './replay-plan.js';
import { processorFor, splitLimits } from './processor.js';
import {
  recordsOfLetters,
  replayId,
  replayUnit,
  tryUnit,
  type RecordChoice,
  type Trial,
} from './replay-unit.js';
import type { StoredLog, StoredLogs } from './stored-log.js';
import { findUnit } from './stored-unit.js';

/** `done`: its dead letter is gone. `partly`: the letter names what is left. `kept`: nothing was changed. */
export interface Replayed {
  readonly outcome: 'done' | 'partly' | 'kept';
  readonly detail: string;
  /** Groups with something to send. */
  readonly touched: readonly string[];
}

export interface ReplayRunOptions {
  readonly store: StateStore;
  readonly config: LoadedConfig;
  readonly logs: StoredLogs;
  readonly rules: readonly LoadedRule[];
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const kept = (detail: string): Replayed => ({ outcome: 'kept', detail, touched: [] });

/**
 * Evaluates again what failed. A trial comes first, which keeps nothing: what would fail once more makes no second dead
 * letter and no alert. Then only what can succeed goes through the processor, as a unit of its own; events that were
 * counted before are known by their ids.
 */
export class ReplayRun {
  private readonly statistics = new StatisticsRecorder();
  private readonly all: Engine;

  constructor(private readonly options: ReplayRunOptions) {
    this.all = engineOf(options.rules);
  }

  async unit({ letter, ref, at }: UnitItem): Promise<Replayed> {
    const { store } = this.options;
    const found = await this.find(letter);
    if ('problem' in found) return kept(found.problem);
    const trial = await this.attempt(letter.unit, found, this.all, at);
    if ('problem' in trial) return kept(trial.problem);
    if (trial.excluded) {
      await store.remove(ref.key, ref.version);
      return { outcome: 'done', detail: 'the configuration leaves this file out now', touched: [] };
    }
    const choice = recordsOfLetters(letter);
    const left = trial.deadLetters.filter(({ index }) => index === undefined || choice?.(index) !== false);
    const isLeft = new Set(left.map(({ index }) => index));
    if (left.length > 0 && !(await this.hasMore(found, choice, isLeft))) {
      const [first] = left;
      return kept(`still ${reasonsText(left)}${first === undefined ? '' : `: ${first.message}`}`);
    }
    // What failed elsewhere in the unit has a letter of its own, or is part of this one.
    const failing = new Set(trial.deadLetters.map(({ index }) => index));
    const records: RecordChoice =
      failing.size === 0 ? choice : (index) => choice?.(index) !== false && !failing.has(index);
    const counted = { events: 0 };
    const touched = await this.process(letter, found, this.all, { records, at, what: 'unit' }, (report) => {
      // As of then: the source itself delivered nothing now.
      this.statistics.unit({ ...report, at });
      counted.events = report.counts.events;
    });
    if (typeof touched === 'string') return kept(touched);
    const detail = `${plural(counted.events, 'event')} evaluated`;
    if (left.length === 0) {
      await store.remove(ref.key, ref.version);
      return { outcome: 'done', detail, touched };
    }
    const marks = { due: null, expires: at + 30 * DAY_MS };
    await store.put(ref.key, letterWith(letter, at, left), ref.version, marks);
    return { outcome: 'partly', detail: `${detail}; left: ${reasonsText(left)}`, touched };
  }

  async rule({ letter, ref, at }: RuleItem): Promise<Replayed> {
    const { store, rules } = this.options;
    const engine = engineOf(rules.filter(({ rule }) => rule.id === letter.rule));
    if (engine.rules.length === 0) return kept(`there is no rule ${letter.rule} now, or it is off`);
    const found = await this.find(letter);
    if ('problem' in found) return kept(found.problem);
    const trial = await this.attempt(letter.unit, found, engine, at);
    if ('problem' in trial) return kept(trial.problem);
    const { failure, failures } = trial;
    if (failure !== undefined) {
      return kept(`it still fails on ${plural(failures, 'event')} (${failure.hook}: ${failure.error})`);
    }
    const failing = new Set(trial.deadLetters.map(({ index }) => index));
    const records: RecordChoice = failing.size === 0 ? undefined : (index) => !failing.has(index);
    let hits = 0;
    const touched = await this.process(
      letter,
      found,
      engine,
      { records, at, what: letter.rule },
      (report) => {
        hits = report.hits.get(letter.rule) ?? 0;
      },
    );
    if (typeof touched === 'string') return kept(touched);
    await store.remove(ref.key, ref.version);
    return {
      ...{ outcome: 'done', touched },
      detail: `${plural(trial.events, 'event')} evaluated, ${plural(hits, 'match', 'matches')}`,
    };
  }

  /** Writes down what was counted. */
  async end(): Promise<void> {
    await this.statistics.flush(this.options.store, this.options.now());
  }

  private find(letter: { source: string; unitId: string; unit: string }) {
    const [unitId = ''] = letter.unitId.split('#');
    return findUnit({ ...letter, unitId }, this.options.logs, this.options.store);
  }

  private async attempt(
    name: string,
    found: StoredLog,
    engine: Engine,
    arrival: number,
  ): Promise<Trial | { readonly problem: string }> {
    const { config } = this.options;
    const trial = await tryUnit(name, found, {
      ...{ engine, arrival, sources: sourceMap(config.sources), limits: splitLimits(config) },
      redact: redactorOf(config.alerts.redact),
    }).catch((error: unknown) => ({ problem: readProblem(error) }));
    if ('problem' in trial) return trial;
    const whole = trial.deadLetters.find(({ index }) => index === undefined);
    return whole === undefined ? trial : { problem: whole.message };
  }

  /** Whether there is a record among those chosen that would not fail. */
  private async hasMore(
    found: StoredLog,
    choice: RecordChoice,
    failing: ReadonlySet<number | undefined>,
  ): Promise<boolean> {
    const { config } = this.options;
    const records = (index: number): boolean => choice?.(index) !== false && !failing.has(index);
    const limits = splitLimits(config);
    for await (const _ of replayUnit('', '', found, { arrival: 0, limits, records }).open()) return true;
    return false;
  }

  /** @returns groups with something to send, or why it did not work */
  private async process(
    letter: { readonly source: string; readonly unitId: string; readonly unit: string },
    found: StoredLog,
    engine: Engine,
    { records, at, what }: { readonly records: RecordChoice; readonly at: number; readonly what: string },
    observe: (report: UnitReport) => void,
  ): Promise<readonly string[] | string> {
    const { store, config, now } = this.options;
    const id = await replayId(store, letter.unitId, what);
    // Its events count from when they arrived first.
    const unit = replayUnit(id, letter.unit, found, { arrival: at, limits: splitLimits(config), records });
    const processor = processorFor(config, { store, now, engine, all: this.all, observe });
    const { outcome, touched } = await processor.process(unit, letter.source);
    await store.durable();
    return outcome.kind === 'done' ? touched : outcome.reason;
  }
}

function reasonsOf(letters: readonly DeadLetter[]): Record<string, number> {
  const reasons = new Map<string, number>();
  for (const { reason } of letters) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return Object.fromEntries(reasons);
}

const reasonsText = (letters: readonly DeadLetter[]): string =>
  Object.entries(reasonsOf(letters))
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

/** The same letter, of what is left. */
function letterWith(letter: UnitLetters, at: number, left: readonly DeadLetter[]): string {
  for (let most = 100; ; most = Math.floor(most / 2)) {
    const letters = left.slice(0, most);
    const body = JSON.stringify({ ...letter, v: 1, at, reasons: reasonsOf(left), letters });
    if (Buffer.byteLength(body) <= MOST_DOCUMENT_BYTES || most === 0) return body;
  }
}
