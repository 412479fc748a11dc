import { isLogType } from '../../detector/engine/engine.js';
import type { UnitOptions } from '../../detector/evaluate-unit.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { LOG_TYPES } from '../../detector/rule.js';
import type { Command } from '../command.js';
import { loadConfig } from '../config/load.js';
import { DetectReport } from '../detection/report.js';
import { findLogFiles, scanFiles } from '../detection/scan-files.js';
import { parseTimeOption } from '../detection/time-option.js';
import { writerFor, type OutputFormat } from '../detection/writers.js';
import { EXIT, UsageError } from '../errors.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';

export interface DetectOptions extends RuleChoice, OutputFormat {
  readonly paths: readonly string[];
  readonly logType?: string;
  /** RFC 3339 or a plain date, UTC. */
  readonly from?: string;
  readonly to?: string;
}

/** Holds log files against the rules, with the state in memory: what would have alerted, and why. */
export const detect: Command<DetectOptions> = async (options, deps) => {
  const bounds = checkOptions(options);
  const config = await loadConfig(deps.cwd, options.config);
  const engine = engineOf(await loadRules(options, config, deps.cwd), options.includeDisabled);
  const report = new DetectReport(deps.now);
  const files = await findLogFiles(options.paths, deps, report);

  const writer = writerFor(options, deps);
  await writer.start();
  const unitOptions: UnitOptions = {
    engine,
    sources: sourceMap(config.sources),
    arrival: deps.now(),
    limits: { ...DEFAULT_SPLIT_LIMITS, maxRecordBytes: config.limits.maxRecordBytes },
    ...bounds,
  };
  const alerts = await scanFiles(files, unitOptions, {
    deps,
    report,
    bar: options.quiet === true ? undefined : options.matches === true ? 'matches' : 'alerts',
    listener: {
      match: (found) => {
        if (options.matches === true) writer.match(found);
        return options.matches === true;
      },
      settled: () => writer.flush(),
    },
  });
  await writer.finish(alerts);
  await report.write(options, deps);
  return EXIT.done;
};

function checkOptions(options: DetectOptions): Pick<UnitOptions, 'logType' | 'from' | 'to'> {
  const { logType, from, to, csv, json } = options;
  if (logType !== undefined && !isLogType(logType)) {
    throw new UsageError(
      'UNKNOWN_LOG_TYPE',
      `"${logType}" is no log type.`,
      `Use one of: ${LOG_TYPES.join(', ')}.`,
    );
  }
  if (csv === true && json === true) {
    throw new UsageError('TWO_FORMATS', '--csv and --json were both given.', 'Choose one of them.');
  }
  const bounds = {
    ...(from === undefined ? {} : { from: parseTimeOption('--from', from, 'start') }),
    ...(to === undefined ? {} : { to: parseTimeOption('--to', to, 'end') }),
  };
  if ((bounds.from ?? -Infinity) > (bounds.to ?? Infinity)) {
    throw new UsageError(
      'EMPTY_TIME',
      `--from "${String(from)}" is after --to "${String(to)}".`,
      'Swap them.',
    );
  }
  return { ...(logType === undefined ? {} : { logType }), ...bounds };
}
