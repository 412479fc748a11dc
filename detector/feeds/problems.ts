import { errnoOf } from './directory/file-problem.js';

/**
 * Told once when something begins to fail, once when it fails in another way, and once, with undefined, when it is well
 * or gone. `UNREAD_BYTES_LOST` is told each time it happens, and does not become well.
 */
export type OnProblem = (path: string, problem: NodeJS.ErrnoException | undefined) => void;

/** What is wrong at present. Only changes are told on. */
export class Problems {
  private readonly present = new Map<string, string>();
  private listed = new Set<string>();

  constructor(private readonly tell: OnProblem) {}

  set(path: string, thrown: unknown): void {
    const error = errnoOf(thrown);
    const code = error.code ?? error.message;
    if (this.present.get(path) === code) return;
    this.present.set(path, code);
    this.tell(path, error);
  }

  clear(path: string): void {
    if (this.present.delete(path)) this.tell(path, undefined);
  }

  has(path: string): boolean {
    return this.present.has(path);
  }

  /** The problems that one whole listing of the tree had; those of the listing before that it had no more are over. */
  setListed(found: ReadonlyMap<string, unknown>): void {
    for (const path of this.listed) if (!found.has(path)) this.clear(path);
    for (const [path, error] of found) this.set(path, error);
    this.listed = new Set(found.keys());
  }
}
