import type { Command } from '../command.js';
import { topologyOf } from '../config/aws/of-config.js';
import { ConfigMistakesError, loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { engineOf, loadRules } from '../rules/load-rules.js';
import { refuseUnknownDestinations } from '../rules/rule-destinations.js';
import { redactorOf } from '../serving/redactor.js';

/** Checks tocsin.yaml and the rules that it names, and says what they amount to. Talks to nobody. */
export const configCheck: Command<object> = async (options, deps) => {
  try {
    const config = await loadConfig(deps.cwd, options.config);
    if (config.file === undefined) {
      throw new UsageError(
        'NO_CONFIG',
        'There is no tocsin.yaml here.',
        'Write one, or name it with --config.',
      );
    }
    redactorOf(config.alerts.redact);
    const engine = engineOf(await loadRules({}, config, deps.cwd));
    refuseUnknownDestinations(engine.rules, config);
    const facts = {
      file: config.file,
      sources: config.sources.length,
      destinations: Object.keys(config.destinations).length,
      rules: engine.rules.length,
      stacks: stacksOf(config),
    };
    const warnings = [...warningsOf(config)];
    if (options.json === true) {
      await deps.out.write(jsonLine({ ok: true, ...facts, warnings }));
      return EXIT.done;
    }
    const { green, yellow } = palette(deps.out);
    await deps.out.write(
      `${green('right')}  ${terminalText(facts.file)}: ${plural(facts.sources, 'source')}, ` +
        `${plural(facts.destinations, 'destination')}, ${plural(facts.rules, 'rule')}, ${plural(facts.stacks.length, 'stack')}\n`,
    );
    for (const warning of warnings) await deps.err.write(`${yellow('note')}  ${warning}\n`);
    return EXIT.done;
  } catch (error) {
    if (options.json !== true || !(error instanceof ConfigMistakesError)) throw error;
    await deps.out.write(jsonLine({ ok: false, mistakes: error.mistakes }));
    return EXIT.usage;
  }
};

function stacksOf(config: LoadedConfig): readonly string[] {
  const aws = topologyOf(config);
  return aws === undefined
    ? []
    : [aws.stacks.detector, ...aws.sources.map(({ name }) => aws.stacks.source(name))];
}

/** Right, and hardly what was meant. */
function* warningsOf({ alerts, aws, destinations, sources }: LoadedConfig): Generator<string> {
  if (sources.length === 0) yield 'There is no source: nothing is watched.';
  if (Object.keys(destinations).length === 0)
    yield 'There is no destination: alerts are kept, and sent nowhere.';
  else if (alerts.default.length === 0)
    yield 'alerts.default is empty: alerts that no route fits are kept, and sent nowhere.';
  if (aws === undefined) return;
  if (aws.monitoring.emails.length === 0)
    yield 'aws.monitoring.emails is empty: nobody hears of alarms when the detector itself is down.';
  if (!aws.detector.enabled) yield 'aws.detector.enabled is false: messages wait in the queue.';
  if (!sources.some((source) => source.aws !== undefined))
    yield 'No source has `aws`: the detector on AWS would have nothing to read.';
}
