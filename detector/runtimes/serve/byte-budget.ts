/**
 * Bounds how many bytes are worked on at the same time. One unit larger than the whole budget is let in alone, since
 * it has to be read some time.
 */
export class ByteBudget {
  private used = 0;
  private readonly queue: { readonly bytes: number; readonly start: () => void }[] = [];

  constructor(private readonly most: number) {}

  /** Waits for room, behind those who wait already. @returns what gives it back; calling it twice gives back once */
  async take(bytes: number): Promise<() => void> {
    if (this.queue.length === 0 && this.fits(bytes)) this.used += bytes;
    else await new Promise<void>((start) => this.queue.push({ bytes, start }));
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.used -= bytes;
      this.startWaiting();
    };
  }

  get inUse(): number {
    return this.used;
  }

  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.most;
  }

  private startWaiting(): void {
    for (let next = this.queue[0]; next !== undefined && this.fits(next.bytes); next = this.queue[0]) {
      this.queue.shift();
      this.used += next.bytes;
      next.start();
    }
  }
}
