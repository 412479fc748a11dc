/** Whether the detector works: every feed has been looked at, and the end has not begun. */
export class Readiness {
  private readonly unseen: Set<string>;
  private isEnding = false;

  constructor(feeds: readonly string[]) {
    this.unseen = new Set(feeds);
  }

  /** A feed handed out a unit, or found that nothing is there. */
  looked(feed: string): void {
    this.unseen.delete(feed);
  }

  end(): void {
    this.isEnding = true;
  }

  get isReady(): boolean {
    return !this.isEnding && this.unseen.size === 0;
  }
}
