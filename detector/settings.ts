import type { Routing } from './alerts/router.js';
import type { DestinationOptions } from './destinations/options.js';
import type { LogTypeId } from './rule.js';

/**
 * What a detector does, as plain data: no code, no secret, no path. It comes from `tocsin.yaml`; where the detector
 * runs as a function, it is deployed with it.
 */
export interface DetectorSettings {
  readonly sources: readonly SourceSettings[];
  readonly alerts: AlertSettings;
  /** By name. Secrets are references. */
  readonly destinations: Readonly<Record<string, DestinationOptions>>;
  readonly maxRecordBytes: number;
  /** Settings of rules, by rule id and setting. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly aws?: AwsSettings;
  /**
   * Names the ruleset where the rules are not as they were written: a bundle makes their code small.
   * @default computed of the rules
   */
  readonly ruleset?: string;
}

export interface SourceSettings {
  readonly name: string;
  readonly prefixes: Readonly<Record<string, LogTypeId>>;
  readonly exclude: readonly string[];
  /** How long it may deliver nothing, in milliseconds. @default as long as it likes */
  readonly silentAfterMs?: number;
  readonly aws?: AwsSourceSettings;
}

export interface AlertSettings {
  readonly routing: Routing;
  readonly latenessMs: number;
  readonly retentionMs: number;
  /** Alerts of one rule that are sent within an hour. */
  readonly alertsPerHour: number;
  readonly sendLate: boolean;
  /** Paths in events whose values never leave. */
  readonly redact: readonly string[];
}

/** What the detector itself needs of AWS. */
export interface AwsSettings {
  readonly region: string;
  /** Name of the state table. */
  readonly table: string;
  /** Names in Secrets Manager, by the name in `secret:NAME`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A source whose new objects a queue announces. */
export interface AwsSourceSettings {
  readonly bucket: string;
  /** Of the bucket. */
  readonly region: string;
  /** Account that the bucket belongs to. Twelve digits. */
  readonly account: string;
  readonly kmsKeyArn?: string;
  /** Only objects below these are read. */
  readonly keyPrefixes: readonly string[];
  readonly readerRoleArn: string;
  readonly externalId: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLettersUrl: string;
}
