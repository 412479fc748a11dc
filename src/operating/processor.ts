import { rulesetHash } from '../../detector/alerts/ledger.js';
import { createCore } from '../../detector/core.js';
import type { Engine } from '../../detector/engine/engine.js';
import { DEFAULT_SPLIT_LIMITS, type SplitLimits } from '../../detector/logs/record.js';
import type { Processor, UnitReport } from '../../detector/processor.js';
import type { StateStore } from '../../detector/state/store.js';
import type { Config } from '../config/schema.js';
import { settingsOf } from '../config/settings.js';
import { redactorOf } from '../serving/redactor.js';

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
  const { all, observe, ...rest } = parts;
  return createCore({
    ...rest,
    settings: settingsOf(config),
    ruleset: rulesetHash(all),
    destinations: new Map(),
    redact: redactorOf(config.alerts.redact),
    ...(observe === undefined ? {} : { onUnit: observe }),
  }).processor;
}
