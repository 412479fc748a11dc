import type { RuleFailure } from '../../detector/engine/engine.js';
import type { DeadLetter, UnitCounts } from '../../detector/evaluate-unit.js';
import type { Deps } from '../command.js';
import { palette } from '../output/colors.js';
import { formatBytes, formatCount, plural } from '../output/numbers.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';

/** Dead letters that are shown one by one; the rest is counted by reason. */
const MOST_SHOWN = 10;

/** Counts a run of `detect`, and says at its end what was read, what could not be, and which rules failed. */
export class DetectReport {
  private readonly started: number;
  private readonly totals = {
    files: 0,
    excluded: 0,
    events: 0,
    bytes: 0,
    notEvents: 0,
    outside: 0,
    matches: 0,
    alerts: 0,
  };
  private readonly letters: DeadLetter[] = [];
  private readonly lettersByReason = new Map<string, number>();
  private readonly failures = new Map<string, RuleFailure & { times: number }>();

  constructor(private readonly now: () => number) {
    this.started = now();
  }

  match(): void {
    this.totals.matches++;
  }

  file(counts: UnitCounts): void {
    this.totals.files++;
    if (counts.excluded) this.totals.excluded++;
    this.totals.events += counts.events;
    this.totals.bytes += counts.bytes;
    this.totals.notEvents += counts.notEvents;
    this.totals.outside += counts.outside;
  }

  deadLetter(letter: DeadLetter): void {
    this.lettersByReason.set(letter.reason, (this.lettersByReason.get(letter.reason) ?? 0) + 1);
    if (this.letters.length < MOST_SHOWN) this.letters.push(letter);
  }

  /** One report for a rule and hook, however many events it failed on. */
  ruleFailure(failure: RuleFailure): void {
    const key = `${failure.rule} ${failure.hook}`;
    const known = this.failures.get(key);
    if (known === undefined) this.failures.set(key, { ...failure, times: 1 });
    else known.times++;
  }

  alerts(count: number): void {
    this.totals.alerts = count;
  }

  summary() {
    // A clock may be set back meanwhile.
    const seconds = Math.max(0, (this.now() - this.started) / 1000);
    const deadLetters = [...this.lettersByReason.values()].reduce((sum, count) => sum + count, 0);
    return { ...this.totals, deadLetters, ruleFailures: this.failures.size, seconds };
  }

  /** To standard error: JSON with --json, text for people otherwise, problems alone with --quiet. */
  async write(
    { json, quiet, matches }: { json?: boolean; quiet?: boolean; matches?: boolean },
    { err }: Deps,
  ): Promise<void> {
    const summary = this.summary();
    if (json === true) {
      const byReason = Object.fromEntries(this.lettersByReason);
      await err.write(
        jsonLine({
          ...summary,
          deadLettersByReason: byReason,
          firstDeadLetters: this.letters,
          failures: [...this.failures.values()],
        }),
      );
      return;
    }
    const { bold, dim, red, yellow } = palette(err);
    let text = '';
    for (const { rule, hook, error, times } of this.failures.values()) {
      text += `${yellow('rule failed')}  ${rule}, ${hook}: ${terminalText(error)} (${plural(times, 'event')}; ${hook === 'when' ? 'they count as no match' : 'the matches were kept'})\n`;
    }
    for (const { reason, message, unit, index } of this.letters) {
      const place = index === undefined ? '' : `, record ${String(index)}`;
      text += `${red('dead letter')}  ${reason}  ${terminalText(unit)}${place}: ${terminalText(message)}\n`;
    }
    if (summary.deadLetters > this.letters.length)
      text += `${red('dead letter')}  … ${[...this.lettersByReason].map(([reason, count]) => `${reason}: ${formatCount(count)}`).join(', ')}\n`;
    if (quiet !== true) {
      const rate = summary.seconds === 0 ? 0 : Math.round(summary.events / summary.seconds);
      const left = [
        summary.notEvents > 0 ? `${plural(summary.notEvents, 'record')} of other logs skipped` : '',
        summary.outside > 0 ? `${plural(summary.outside, 'event')} outside of the time` : '',
        summary.excluded > 0 ? `${plural(summary.excluded, 'file')} excluded` : '',
      ].filter((part) => part !== '');
      text +=
        `${bold(plural(summary.files, 'file'))}, ${plural(summary.events, 'event')}, ${formatBytes(summary.bytes)} ` +
        `in ${summary.seconds.toFixed(1)} s ${dim(`(${formatCount(rate)} events/s)`)}: ${plural(summary.matches, 'match', 'matches')}, ` +
        `${matches === true ? '' : `${bold(plural(summary.alerts, 'alert'))}, `}${plural(summary.deadLetters, 'dead letter')}` +
        `${left.length === 0 ? '' : dim(` (${left.join(', ')})`)}\n`;
    }
    if (text !== '') await err.write(text);
  }
}
