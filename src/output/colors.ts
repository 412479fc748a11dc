import pc from 'picocolors';
import type { Severity } from '../../detector/rule.js';
import type { Output } from '../command.js';

/** The colours of the command on one output; without colours every function gives its text back. */
export function palette(output: Output) {
  const colors = pc.createColors(output.colors);
  const severities: Readonly<Record<Severity, (text: string) => string>> = {
    info: colors.dim,
    low: colors.cyan,
    medium: colors.yellow,
    high: colors.red,
    critical: (text) => colors.bold(colors.red(text)),
  };
  return { ...colors, severity: (severity: Severity, text: string = severity) => severities[severity](text) };
}
