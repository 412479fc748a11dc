import { rulesetHash } from './alerts/ledger.js';
import { Outbox, type OutboxOptions } from './alerts/outbox.js';
import { createRedactor, type Redactor } from './alerts/redact.js';
import type { Destination } from './destinations/destination.js';
import type { Engine } from './engine/engine.js';
import { DEFAULT_SPLIT_LIMITS } from './logs/record.js';
import { sourceMap } from './logs/source-map.js';
import { Processor, type ProcessorOptions } from './processor.js';
import type { DetectorSettings } from './settings.js';
import type { StateStore } from './state/store.js';

export interface CoreOptions {
  readonly settings: Pick<DetectorSettings, 'sources' | 'alerts' | 'maxRecordBytes' | 'ruleset'>;
  readonly engine: Engine;
  /** Names the ruleset in alerts, where `engine` has only some of the rules. @default that of the settings, else of `engine` */
  readonly ruleset?: string;
  readonly store: StateStore;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly now: () => number;
  /** @default made of the settings */
  readonly redact?: Redactor;
  readonly onUnit?: ProcessorOptions['observe'];
  readonly onAttempt?: OutboxOptions['observe'];
}

export interface Core {
  readonly processor: Processor;
  readonly outbox: Outbox;
}

/** The detector without its transport: every runtime, and every command that does its work, makes it here. */
export function createCore({ settings, engine, store, destinations, now, ...options }: CoreOptions): Core {
  const { alerts, sources, maxRecordBytes } = settings;
  const processor = new Processor({
    ...{ store, now, engine },
    ruleset: options.ruleset ?? settings.ruleset ?? rulesetHash(engine),
    redact: options.redact ?? createRedactor(alerts.redact),
    sources: sourceMap(sources),
    limits: { ...DEFAULT_SPLIT_LIMITS, maxRecordBytes },
    routing: alerts.routing,
    latenessMs: alerts.latenessMs,
    alertRetentionMs: alerts.retentionMs,
    alertsPerHour: alerts.alertsPerHour,
    sendLate: alerts.sendLate,
    accepts: (name, kind) => destinations.get(name)?.kinds.has(kind) ?? true,
    ...(options.onUnit === undefined ? {} : { observe: options.onUnit }),
  });
  const outbox = new Outbox({
    ...{ store, now, destinations, random: Math.random },
    raise: (event) => processor.raise(event),
    ...(options.onAttempt === undefined ? {} : { observe: options.onAttempt }),
  });
  return { processor, outbox };
}
