import type { Command, Deps } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { parseSince } from '../operating/duration.js';
import { replayDelivery } from '../operating/replay-delivery.js';
import { messagesGivenUp, replayMessages } from '../operating/replay-messages.js';
import {
  planReplay,
  REPLAY_KINDS,
  type DeliveryItem,
  type ReplayFilter,
  type ReplayItem,
  type ReplayKind,
} from '../operating/replay-plan.js';
import { ReplayRun } from '../operating/replay-run.js';
import { isLeft, replayJson, replayLine, type ReplayResult } from '../operating/replay-text.js';
import { sendNow } from '../operating/send-now.js';
import { storedLogs } from '../operating/stored-logs.js';
import { withOperatingState, type OperatingState } from '../operating/state.js';
import { findUnit } from '../operating/stored-unit.js';
import { plural } from '../output/numbers.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { loadRules, type RuleChoice } from '../rules/load-rules.js';

export interface ReplayOptions extends Pick<RuleChoice, 'rulesDir' | 'builtin'> {
  readonly kind?: string;
  readonly rule?: string;
  readonly destination?: string;
  readonly since?: string;
  /** Without it, nothing is changed. */
  readonly apply?: boolean;
}

/** Does again what failed for good: deliveries, units that could not be read, events that a rule failed on, messages. */
export const replay: Command<ReplayOptions> = async (options, deps) => {
  const filter: ReplayFilter = {
    kind: kindOf(options.kind),
    since: parseSince(options.since, deps.now()),
    ...{ rule: options.rule, destination: options.destination },
  };
  const config = await loadConfig(deps.cwd, options.config);
  const results: ReplayResult[] = [];
  const say = async (result: ReplayResult): Promise<void> => {
    results.push(result);
    await deps.out.write(options.json === true ? jsonLine(replayJson(result)) : replayLine(result, deps.out));
  };
  await withOperatingState(config, deps, async (state) => {
    const items = [
      ...(await planReplay(state.store, filter)),
      ...(await messagesGivenUp(config, deps, filter)),
    ];
    if (options.apply === true) await apply(items, { state, config, deps, options, say });
    else for (const item of items) await say(await dryRun(item, state, config, deps));
  });
  await summarise(results, options, deps);
  return results.some(isLeft) ? EXIT.notWell : EXIT.done;
};

function kindOf(text: string | undefined): ReplayKind | undefined {
  const found = REPLAY_KINDS.find((kind) => kind === text);
  if (found !== undefined || text === undefined) return found;
  throw new UsageError(
    'BAD_CHOICE',
    `--kind "${text}" is not known.`,
    `Use one of: ${REPLAY_KINDS.join(', ')}.`,
  );
}

async function dryRun(
  item: ReplayItem,
  { store }: OperatingState,
  config: LoadedConfig,
  { cwd }: Deps,
): Promise<ReplayResult> {
  if (item.kind === 'message') return { item, outcome: 'planned', detail: '' };
  const problem =
    item.kind === 'delivery'
      ? deliveryProblem(item, config)
      : await findUnit(
          { ...item.letter, unitId: item.letter.unitId.split('#', 1).join('') },
          storedLogs(config, cwd),
          store,
        ).then((found) => ('problem' in found ? found.problem : undefined));
  const detail = item.kind === 'delivery' && item.isOver ? OVER : '';
  return problem === undefined
    ? { item, outcome: 'planned', detail }
    : { item, outcome: 'not possible', detail: problem };
}

const OVER = 'it did not stay failed, or its alert is gone: only the dead letter is removed';

function deliveryProblem(
  { destination, isOver }: DeliveryItem,
  { destinations }: LoadedConfig,
): string | undefined {
  return isOver || Object.hasOwn(destinations, destination)
    ? undefined
    : `there is no destination ${destination} in the configuration`;
}

interface Work {
  readonly state: OperatingState;
  readonly config: LoadedConfig;
  readonly deps: Deps;
  readonly options: ReplayOptions;
  readonly say: (result: ReplayResult) => Promise<void>;
}

async function apply(items: readonly ReplayItem[], work: Work): Promise<void> {
  const { state, config, deps, options, say } = work;
  const { store } = state;
  const needsRules = items.some(({ kind }) => kind === 'unit' || kind === 'rule');
  const run = needsRules
    ? new ReplayRun({
        ...{ store, config, now: deps.now, logs: storedLogs(config, deps.cwd) },
        rules: await loadRules(choiceOf(options), config, deps.cwd),
      })
    : undefined;
  const waiting: DeliveryItem[] = [];
  const touched = new Set<string>();
  for (const item of items) {
    if (item.kind === 'delivery') {
      const problem = deliveryProblem(item, config);
      if (problem !== undefined) await say({ item, outcome: 'kept', detail: problem });
      else if (await replayDelivery(store, item, deps.now())) waiting.push(item);
      else await say({ item, outcome: 'done', detail: OVER });
    } else if (item.kind === 'message') {
      await say(await replayMessages(item, config, deps));
    } else if (run !== undefined) {
      const {
        outcome,
        detail,
        touched: more,
      } = await (item.kind === 'unit' ? run.unit(item) : run.rule(item));
      for (const key of more) touched.add(key);
      await say({ item, outcome, detail });
    }
  }
  await run?.end();
  await store.durable();
  await deliver(waiting, touched, work);
}

/** Not --rule: letters are chosen by it, while everything is evaluated with all rules. */
const choiceOf = ({ rulesDir, builtin }: ReplayOptions): RuleChoice => ({
  ...(rulesDir === undefined ? {} : { rulesDir }),
  ...(builtin === undefined ? {} : { builtin }),
});

/** A running detector sends with its next sweep; without one it is done here. */
async function deliver(
  items: readonly DeliveryItem[],
  touched: ReadonlySet<string>,
  { state, config, deps, say }: Work,
): Promise<void> {
  const keys = [...touched, ...items.map(({ groupKey }) => groupKey)];
  let reports: Awaited<ReturnType<typeof sendNow>> = [];
  if (!state.isLive && keys.length > 0) {
    try {
      reports = await sendNow(state.store, config, deps, keys);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'DESTINATION_SETUP')) throw error;
      await deps.err.write(`${terminalText(error.message)}\nThe messages wait for the detector.\n`);
    }
  }
  for (const item of items) {
    const report = reports.findLast(
      ({ alertId, destination }) => alertId === item.alertId && destination === item.destination,
    );
    const outcome = report === undefined || report.outcome === 'retry' ? 'waiting' : report.outcome;
    await say({ item, outcome, detail: report?.error ?? '' });
  }
}

async function summarise(
  results: readonly ReplayResult[],
  { apply, json, quiet }: ReplayOptions & { readonly json?: boolean; readonly quiet?: boolean },
  { err }: Deps,
): Promise<void> {
  if (quiet === true) return;
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  if (json === true) {
    await err.write(jsonLine({ items: results.length, applied: apply === true, outcomes: counts }));
    return;
  }
  const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  const next =
    results.length === 0
      ? ''
      : apply !== true
        ? ' Nothing was changed. Next: the same with --apply'
        : counts.waiting === undefined
          ? ''
          : ' The detector goes on with what waits; tocsin status tells.';
  await err.write(
    `${plural(results.length, 'dead letter')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.${next}\n`,
  );
}
