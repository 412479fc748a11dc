import { rulesetHash } from '../../detector/alerts/ledger.js';
import type { Engine } from '../../detector/engine/engine.js';
import { DEFAULT_SPLIT_LIMITS, type SplitLimits } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { Processor, type UnitReport } from '../../detector/processor.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Config } from '../config/schema.js';
import { redactorOf } from '../serving/redactor.js';

const HOUR_MS = 3_600_000;

export const splitLimits = (config: Config): SplitLimits => ({
  ...DEFAULT_SPLIT_LIMITS,
  maxRecordBytes: config.limits.maxRecordBytes,
});

/**
 * The core of the detector as `tocsin serve` configures it.
 * @param all the engine with every rule, which names the ruleset; `engine` may have fewer
 */
export function processorFor(
  config: Config,
  parts: {
    readonly store: StateStore;
    readonly now: () => number;
    readonly engine: Engine;
    readonly all: Engine;
    readonly observe?: (report: UnitReport) => void;
  },
): Processor {
  const { alerts } = config;
  const { all, ...rest } = parts;
  return new Processor({
    ...rest,
    ruleset: rulesetHash(all),
    sources: sourceMap(config.sources),
    limits: splitLimits(config),
    routing: {
      routes: alerts.routes,
      fallback: alerts.default,
      ...(alerts.system === undefined ? {} : { system: alerts.system }),
    },
    latenessMs: alerts.latenessHours * HOUR_MS,
    alertRetentionMs: alerts.retentionDays * 24 * HOUR_MS,
    alertsPerHour: alerts.mostPerRuleAndHour,
    sendLate: alerts.sendLate,
    redact: redactorOf(alerts.redact),
  });
}
