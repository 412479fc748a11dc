import { sep } from 'node:path';
import type { WatchedSource } from '../../detector/alerts/silence.js';
import { directoryFeed, FileProblem } from '../../detector/feeds/directory.js';
import { waitByTimer } from '../../detector/feeds/pause.js';
import type { Feed } from '../../detector/feeds/feed.js';
import type { SourceWatch } from '../../detector/runtimes/serve/source-watch.js';
import type { StateStore } from '../../detector/state/store.js';
import type { LoadedConfig } from '../config/load.js';
import { UsageError } from '../errors.js';
import type { Log } from './log.js';
import { besideConfig } from './paths.js';
import { statePath } from './state.js';

/** A folder that is watched for logs. */
export interface Watched extends WatchedSource {
  readonly path: string;
}

/**
 * The folders to watch.
 * @throws UsageError where one holds what the detector itself writes: it would read that as logs
 */
export function watchedFolders(config: LoadedConfig, cwd: string): readonly Watched[] {
  const watched = config.sources.flatMap(({ name, directory, silentAfter: silentAfterMs }) =>
    directory === undefined ? [] : [{ name, path: besideConfig(config, cwd, directory), silentAfterMs }],
  );
  const written = [
    { what: 'state.path', path: statePath(config, cwd) },
    ...Object.entries(config.destinations).flatMap(([name, options]) =>
      options.type === 'file'
        ? [{ what: `the file of destinations.${name}`, path: besideConfig(config, cwd, options.path) }]
        : [],
    ),
  ];
  for (const { what, path } of written) {
    const around = watched.find((folder) => path === folder.path || path.startsWith(folder.path + sep));
    if (around === undefined) continue;
    throw new UsageError(
      'WATCHES_ITSELF',
      `${what}, ${path}, lies in the folder that source ${around.name} watches: the detector would read it as logs.`,
      'Put it elsewhere.',
    );
  }
  return watched;
}

/** @param looked told of a feed when it found that nothing waits there */
export function openFeed(
  { name, path }: Watched,
  store: StateStore,
  deps: {
    readonly now: () => number;
    readonly log: Log;
    readonly looked: (source: string) => void;
    readonly watch: Pick<SourceWatch, 'problem' | 'lost'>;
  },
): Feed {
  const { now, log, looked, watch } = deps;
  return directoryFeed({
    ...{ name, path, store, now },
    wait: (ms, signal) => {
      looked(name);
      return waitByTimer(ms, signal);
    },
    onProblem: (place, problem) => {
      const text = problem && problemText(place, problem);
      if (text !== undefined && problem?.code === 'UNREAD_BYTES_LOST') watch.lost(name, place, text);
      else watch.problem(name, place, text);
      log('warn', text ?? `${place} can be read again.`);
    },
  });
}

/** In words; the file system's own name of a problem helps few people. */
function problemText(place: string, problem: NodeJS.ErrnoException): string {
  if (problem instanceof FileProblem) return `${problem.message} ${problem.fix}`;
  switch (problem.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${place} is not there.`;
    case 'EACCES':
    case 'EPERM':
      return `${place} may not be read by this user.`;
    default:
      return `${place} cannot be read: ${problem.message}`;
  }
}
