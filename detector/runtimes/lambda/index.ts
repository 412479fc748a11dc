import type { RuleSource } from '../../engine/engine.js';
import type { DetectorSettings } from '../../settings.js';
import { consume } from './consume.js';
import type { Detector } from './detector.js';
import { readInvocation, type BatchResponse } from './events.js';
import { createLog } from './log.js';
import { openDetector } from './open.js';
import { sweep } from './sweep.js';

/** What Lambda says of an invocation; only what is read of it. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis: () => number;
}

export interface HandlerOptions {
  readonly settings: DetectorSettings;
  readonly rules: readonly RuleSource[];
  /** @default Date.now */
  readonly now?: () => number;
  /** Takes the lines of the log. @default standard output */
  readonly write?: (line: string) => void;
}

/** What is deployed: takes the messages of the queues, and the schedule's sweep. */
export function createHandler({ settings, rules, now = Date.now, write = toStdout }: HandlerOptions) {
  const log = createLog(write, now);
  let detector: Detector | undefined;

  return async (event: unknown, context: LambdaContext): Promise<BatchResponse | undefined> => {
    const invocation = readInvocation(event);
    detector ??= openDetector({ settings, rules, log, now, print: async (line) => write(`${line}\n`) });
    const timeLeft = (): number => context.getRemainingTimeInMillis();
    if (invocation.kind === 'messages') return consume(detector, invocation.records, timeLeft);
    await sweep(detector, timeLeft);
    return undefined;
  };
}

const toStdout = (line: string): void => void process.stdout.write(line);
