import {
  attach as attachEntries,
  ownEntries,
  planAttach,
  type Attached,
} from '../cloud/aws/attach/attach.js';
import { attachJson, attachText, outcomeText } from '../cloud/aws/attach/attach-text.js';
import { BucketNotifications } from '../cloud/aws/attach/bucket-notifications.js';
import { trailsInto } from '../cloud/aws/attach/trails.js';
import { loadAws, sourceNamed } from '../cloud/aws/configured.js';
import type { Command } from '../command.js';
import { EXIT } from '../errors.js';
import { jsonLine } from '../output/terminal-text.js';

export interface AttachOptions {
  /** Name of the source. */
  readonly source: string;
  /** Takes our entry out again. */
  readonly undo?: boolean;
  /** Without it, nothing is changed. */
  readonly apply?: boolean;
}

/**
 * Finds how the detector learns of new objects in a bucket that is there already, and adds an entry to its
 * notifications where that is the way. Exit code 1 where the way that tocsin.yaml names does not work.
 */
export const attach: Command<AttachOptions> = async (options, deps) => {
  const { topology, accounts } = await loadAws(deps.cwd, options.config);
  const source = sourceNamed(topology, options.source);
  const own = ownEntries(source);
  const undo = options.undo === true;
  const notifications = new BucketNotifications(await accounts.at(source.place), source);
  try {
    const seen = { ...(await trailsInto(source, accounts)), notifications: await notifications.read() };
    const plan = planAttach(topology, source, own, seen);
    const isOurs = undo || plan.configured.from === 'bucket';
    const attached =
      options.apply === true && isOurs
        ? await attachEntries(notifications, own, { undo, makesTopic: topology.stacks.source(source.name) })
        : undefined;
    if (options.json === true) await deps.out.write(jsonLine(attachJson(plan, attached)));
    else {
      await deps.out.write(attachText(plan, undo, deps.out));
      if (attached !== undefined) await deps.out.write(`\n${outcomeText(attached, deps.out)}`);
      else if (options.quiet !== true) await deps.err.write(nextText(isOurs, plan.entries, undo));
    }
    return attached === undefined ? codeOf(undo || plan.works === 'yes') : codeOf(isWell(attached));
  } finally {
    notifications.close();
  }
};

const codeOf = (isWell: boolean) => (isWell ? EXIT.done : EXIT.notWell);

const isWell = ({ outcome, others }: Attached): boolean =>
  outcome !== 'refused' && outcome !== 'overwritten' && others.gone.length + others.come.length === 0;

function nextText(isOurs: boolean, entries: 'none' | 'there' | 'outdated', undo: boolean): string {
  if (!isOurs) return 'Nothing is to be changed in the bucket: its stack makes what this way needs.\n';
  return (undo ? entries === 'none' : entries === 'there')
    ? 'Nothing is left to do.\n'
    : 'Nothing was changed. Next: the same with --apply\n';
}
