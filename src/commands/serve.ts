import { setTimeout as delay } from 'node:timers/promises';
import { heardLast } from '../../detector/alerts/silence.js';
import { StatisticsRecorder } from '../../detector/alerts/statistics.js';
import { createCore } from '../../detector/core.js';
import { DeadLetterWatch } from '../../detector/runtimes/serve/dead-letter-watch.js';
import { startHealthServer, type HealthServer } from '../../detector/runtimes/serve/health-server.js';
import { Metrics } from '../../detector/runtimes/serve/metrics.js';
import { Readiness } from '../../detector/runtimes/serve/readiness.js';
import { serve as run } from '../../detector/runtimes/serve/serve.js';
import { SourceWatch } from '../../detector/runtimes/serve/source-watch.js';
import type { Command } from '../command.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { settingsOf } from '../config/settings.js';
import { UsageError } from '../errors.js';
import { engineOf, loadRules, type RuleChoice } from '../rules/load-rules.js';
import { refuseUnknownDestinations } from '../rules/rule-destinations.js';
import { DeliveryLog } from '../serving/delivery-log.js';
import { buildDestinations } from '../serving/destinations.js';
import { endingOf } from '../serving/ending.js';
import { openFeed, watchedFolders } from '../serving/feeds.js';
import { createLog } from '../serving/log.js';
import { openQueues, servedQueues } from '../serving/queues.js';
import { redactorOf } from '../serving/redactor.js';
import { ownState } from '../serving/state.js';

/** Runs the detector: watches the configured folders and queues, raises alerts and sends them, until SIGTERM or SIGINT. */
export const serve: Command<RuleChoice> = async (options, deps) => {
  const { now } = deps;
  const config = await loadConfig(deps.cwd, options.config);
  const log = createLog(deps, options);
  const folders = watchedFolders(config, deps.cwd);
  const queues = servedQueues(config);
  const watched = [...folders, ...queues];
  if (watched.length === 0) {
    throw new UsageError(
      'NO_SOURCES',
      'No source to serve is configured.',
      'Give a source in tocsin.yaml a `directory` (docs/serve.md) or an `aws` (docs/aws.md).',
    );
  }
  const redact = redactorOf(config.alerts.redact);
  const engine = engineOf(await loadRules(options, config, deps.cwd));
  refuseUnknownDestinations(engine.rules, config);
  const { destinations, warnings } = await buildDestinations(config, deps, 'detector');
  if (destinations.size === 0)
    log('warn', 'No destination is configured: alerts are kept, and sent nowhere.');

  const { serve: settings } = config;
  const statistics = new StatisticsRecorder();
  const readiness = new Readiness(watched.map(({ name }) => name));
  const looked = (source: string): void => readiness.looked(source);
  const deliveryLog = new DeliveryLog(log, now);
  const ending = endingOf(config, deps.out, log);
  ending.signal.addEventListener('abort', () => readiness.end());

  const state = await ownState(config, deps.cwd);
  const { store } = state;
  for (const warning of [...warnings, ...(state.warning === undefined ? [] : [state.warning])])
    log('warn', warning);
  let health: HealthServer | undefined;
  try {
    const watch = new SourceWatch(watched, await heardLast(store, watched, now()), now);
    const open = await openQueues(queues, config, {
      ...{ env: deps.env, now, log, looked, watch },
      skipped: (source, reason) => {
        statistics.skipped(source, reason, now());
        metrics.skipped(source, reason);
      },
    });
    const deadLetters = new DeadLetterWatch(open.askDeadLetterQueues, now);
    const feeds = [
      ...folders.map((folder) => openFeed(folder, store, { now, log, looked, watch })),
      ...open.feeds,
    ];
    const metrics = new Metrics(feeds, now, watch);
    const { processor, outbox } = createCore({
      ...{ settings: settingsOf(config), engine, redact, store, destinations, now },
      onUnit: (report) => {
        statistics.unit(report);
        metrics.unit(report);
        watch.unit(report.source);
      },
      onAttempt: (attempt) => {
        statistics.delivery(attempt);
        metrics.delivery(attempt);
        deliveryLog.attempt(attempt);
      },
    });
    const chores = async (): Promise<void> => {
      for (const event of [...watch.unhealthy(), ...deadLetters.givenUp()]) await processor.raise(event);
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
      ending.signal,
    );
    await chores();
    await state.close();
    if (drained) log('info', 'Ended.');
    else log('warn', 'Ended before everything under way was finished; it will be done again.');
    return ending.exitCode();
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
