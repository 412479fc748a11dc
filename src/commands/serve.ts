import { setTimeout as delay } from 'node:timers/promises';
import { rulesetHash } from '../../detector/alerts/ledger.js';
import { Outbox } from '../../detector/alerts/outbox.js';
import { StatisticsRecorder } from '../../detector/alerts/statistics.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { Processor } from '../../detector/processor.js';
import { startHealthServer, type HealthServer } from '../../detector/runtimes/serve/health-server.js';
import { Metrics } from '../../detector/runtimes/serve/metrics.js';
import { Readiness } from '../../detector/runtimes/serve/readiness.js';
import { serve as run } from '../../detector/runtimes/serve/serve.js';
import { SourceWatch } from '../../detector/runtimes/serve/source-watch.js';
import type { Command } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { EXIT, UsageError } from '../errors.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';
import { DeliveryLog } from '../serving/delivery-log.js';
import { buildDestinations } from '../serving/destinations.js';
import { openFeed, watchedFolders } from '../serving/feeds.js';
import { createLog, type Log } from '../serving/log.js';
import { redactorOf } from '../serving/redactor.js';
import { ownState, statePath } from '../serving/state.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Runs the detector: watches the configured folders, raises alerts and sends them, until SIGTERM or SIGINT. */
export const serve: Command<RuleChoice> = async (options, deps) => {
  const { now } = deps;
  const config = await loadConfig(deps.cwd, options.config);
  const log = createLog(deps, options);
  const watched = watchedFolders(config, deps.cwd);
  const redact = redactorOf(config.alerts.redact);
  const engine = engineOf(await loadRules(options, config, deps.cwd));
  const { destinations, warnings } = await buildDestinations(config, deps);
  if (destinations.size === 0)
    log('warn', 'No destination is configured: alerts are kept, and sent nowhere.');

  const { alerts, serve: settings } = config;
  const statistics = new StatisticsRecorder();
  const readiness = new Readiness(watched.map(({ name }) => name));
  const looked = (source: string): void => readiness.looked(source);
  const watch = new SourceWatch(watched, now);
  const deliveryLog = new DeliveryLog(log, now);
  const end = endOnSignals(log);
  end.addEventListener('abort', () => readiness.end());

  const state = await ownState(statePath(config, deps.cwd));
  const { store } = state;
  for (const warning of [...warnings, ...(state.warning === undefined ? [] : [state.warning])])
    log('warn', warning);
  let health: HealthServer | undefined;
  try {
    const feeds = watched.map((folder) => openFeed(folder, store, { now, log, looked, watch }));
    const metrics = new Metrics(feeds, now);
    const processor = new Processor({
      ...{ store, now, engine, redact, ruleset: rulesetHash(engine), sources: sourceMap(config.sources) },
      limits: { ...DEFAULT_SPLIT_LIMITS, maxRecordBytes: config.limits.maxRecordBytes },
      routing: {
        routes: alerts.routes,
        fallback: alerts.default,
        ...(alerts.system ? { system: alerts.system } : {}),
      },
      latenessMs: alerts.latenessHours * HOUR_MS,
      alertRetentionMs: alerts.retentionDays * DAY_MS,
      alertsPerHour: alerts.mostPerRuleAndHour,
      sendLate: alerts.sendLate,
      accepts: (name, kind) => destinations.get(name)?.kinds.has(kind) ?? true,
      observe: (report) => {
        statistics.unit(report);
        metrics.unit(report);
        watch.unit(report.source);
      },
    });
    const outbox = new Outbox({
      ...{ store, now, destinations, random: Math.random },
      raise: (event) => processor.raise(event),
      observe: (attempt) => {
        statistics.delivery(attempt);
        metrics.delivery(attempt);
        deliveryLog.attempt(attempt);
      },
    });
    const chores = async (): Promise<void> => {
      for (const event of watch.unhealthy()) await processor.raise(event);
      await statistics.flush(store, now());
    };
    health = await openHealth(config, metrics, readiness);
    const names = watched.map(({ name }) => name).join(', ');
    const address = `http://${settings.host}:${String(health.port)}`;
    log('info', `Serving ${names} with ${String(engine.rules.length)} rules; ${address}/metrics`);
    const drained = await run(
      {
        ...{ feeds, processor, outbox, store, now, chores, looked, log },
        wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
        mostBytesAtOnce: settings.mostBytesAtOnce,
        graceMs: settings.graceSeconds * 1000,
      },
      end,
    );
    await chores();
    await state.close();
    if (drained) log('info', 'Ended.');
    else log('warn', 'Ended before everything under way was finished; it will be done again.');
    return EXIT.done;
  } finally {
    await health?.close();
    // Closing twice is fine; after a failure, the failure is what counts.
    await state.close().catch(() => undefined);
  }
};

async function openHealth(
  { serve: { host, port } }: LoadedConfig,
  metrics: Metrics,
  readiness: Readiness,
): Promise<HealthServer> {
  try {
    return await startHealthServer({ host, port, metrics, isReady: () => readiness.isReady });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      'HEALTH_ADDRESS',
      `Health and metrics cannot be served at ${host}:${String(port)}: ${code === 'EADDRINUSE' ? 'another program listens there.' : message}`,
      'Set serve.host and serve.port in tocsin.yaml; port 0 takes any that is free.',
      { cause: error },
    );
  }
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
function endOnSignals(log: Log): AbortSignal {
  const controller = new AbortController();
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const end = (signal: NodeJS.Signals): void => {
    for (const one of signals) process.off(one, end);
    log('info', `${signal}: finishing what is under way.`);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, end);
  return controller.signal;
}
