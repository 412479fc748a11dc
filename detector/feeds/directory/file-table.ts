import { listTree, type Listed } from './list-tree.js';
import type { Problems } from '../problems.js';
import { isBelow, joinRaw, shownPath, type RawPath } from './raw-path.js';
import { dueAt, fileId, newFile, noteVersion, type IdentityBy, type TrackedFile } from './tracked-file.js';

export interface TableSettings {
  readonly root: RawPath;
  readonly identity: IdentityBy;
  readonly isExcluded: (name: string) => boolean;
  readonly now: () => number;
  readonly onRemoved: (file: TrackedFile) => void;
}

/** The files of the tree, as the last listing saw them. */
export class FileTable {
  private readonly files = new Map<string, TrackedFile>();
  private round = 0;
  private temporary: ReadonlySet<string> = new Set();
  /** Folders that could not be listed; what is below them is unknown, not gone. */
  private closedFolders: readonly RawPath[] = [];

  constructor(
    private readonly settings: TableSettings,
    private readonly problems: Problems,
  ) {}

  all(): Iterable<TrackedFile> {
    return this.files.values();
  }

  /** Files to look at, the one with the oldest modification last. */
  due(now: number): TrackedFile[] {
    return [...this.files.values()].filter((file) => dueAt(file) <= now).sort(byAge);
  }

  /** Whether a file may lie below a path of the tree that could not be listed. */
  isClosed(path: RawPath): boolean {
    return this.closedFolders.some((folder) => isBelow(path, folder));
  }

  /** Lists the tree. One that is interrupted removes nothing. */
  async list(signal: AbortSignal): Promise<void> {
    const { root, isExcluded } = this.settings;
    const temporary = new Set<string>();
    const closed: RawPath[] = [];
    const problems = new Map<string, unknown>();
    this.round += 1;
    for await (const listed of listTree(root, isExcluded)) {
      if (signal.aborted) return;
      if (listed.kind === 'problem') {
        problems.set(this.shown(listed.path), listed.error);
        if (listed.isFolder) closed.push(listed.path);
      } else if (listed.kind === 'excluded') temporary.add(this.idOf(listed));
      else this.see(listed);
    }
    this.temporary = temporary;
    this.closedFolders = closed;
    this.problems.setListed(problems);
    this.removeUnseen();
  }

  private see(listed: Extract<Listed, { kind: 'file' }>): void {
    const { path, stats } = listed;
    const id = this.idOf(listed);
    const now = this.settings.now();
    let file = this.files.get(id);
    if (file === undefined) {
      file = newFile(id, path, stats, now, this.temporary.has(id));
      this.files.set(id, file);
    } else if (file.round === this.round) {
      // A second name of the same file.
      return;
    } else noteVersion(file, stats, now);
    file.round = this.round;
    if (file.path === path) return;
    this.problems.clear(this.shown(file.path));
    file.path = path;
  }

  private removeUnseen(): void {
    for (const file of this.files.values()) {
      if (file.round === this.round || file.flight !== undefined) continue;
      if (this.isClosed(file.path)) file.round = this.round;
      // A file that is renamed during a listing can be missing in it: twice in a row is gone.
      else if (file.round < this.round - 1) {
        this.files.delete(file.id);
        this.problems.clear(this.shown(file.path));
        this.settings.onRemoved(file);
      }
    }
  }

  private idOf({ path, stats }: Exclude<Listed, { kind: 'problem' }>): string {
    return fileId(this.settings.identity, path, stats);
  }

  private shown(path: RawPath): string {
    return shownPath(joinRaw(this.settings.root, path));
  }
}

/** The youngest first, so that the oldest is taken from the end. */
export const byAge = (a: TrackedFile, b: TrackedFile): number =>
  b.mtime - a.mtime || (a.path < b.path ? 1 : -1);
