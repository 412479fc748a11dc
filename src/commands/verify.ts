import { loadAws, sourcesNamed } from '../cloud/aws/configured.js';
import { isAsDesigned, Verification, type RoleReport } from '../cloud/aws/verify/verify.js';
import { reportText, summaryJson, summaryText } from '../cloud/aws/verify/verify-text.js';
import type { Command } from '../command.js';
import { EXIT } from '../errors.js';
import { jsonLine } from '../output/terminal-text.js';

export interface VerifyOptions {
  /** Names of sources. @default all */
  readonly sources: readonly string[];
}

/** Holds the roles that were made against their design. Changes nothing. Exit code 1 where one differs. */
export const verify: Command<VerifyOptions> = async (options, deps) => {
  const { topology, accounts } = await loadAws(deps.cwd, options.config);
  const sources = sourcesNamed(topology, options.sources);
  const verification = new Verification(topology, accounts);
  const reports: RoleReport[] = [];
  const tell = async (report: RoleReport): Promise<void> => {
    reports.push(report);
    await deps.out.write(options.json === true ? jsonLine(report) : reportText(report, deps.out));
  };
  await tell(await verification.detector());
  for (const source of sources) await tell(await verification.reader(source));
  if (options.json === true) await deps.err.write(jsonLine(summaryJson(reports)));
  else if (options.quiet !== true) await deps.err.write(summaryText(reports));
  return reports.every(isAsDesigned) ? EXIT.done : EXIT.notWell;
};
