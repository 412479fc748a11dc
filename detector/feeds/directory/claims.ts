/** Which file of the tree holds which cursor, and which cursors nobody holds any more. */
export class Claims {
  private readonly owners = new Map<string, string>();
  private readonly left = new Set<string>();

  has(key: string): boolean {
    return this.owners.has(key);
  }

  isFreeFor(key: string, file: string): boolean {
    return (this.owners.get(key) ?? file) === file;
  }

  take(key: string, file: string): void {
    this.owners.set(key, file);
    this.left.delete(key);
  }

  leave(key: string): void {
    this.owners.delete(key);
    this.left.add(key);
  }

  /** Hands what was left to `work`; what fails stays for the next time. */
  async clearLeft(work: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    for (const key of this.left) {
      if (signal.aborted) return;
      await work(key);
      this.left.delete(key);
    }
  }
}
