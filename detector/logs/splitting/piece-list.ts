import type { Fault } from './faults.js';
import type { Piece } from '../record.js';

/** Collects pieces and numbers them through the unit. */
export class PieceList {
  private pieces: Piece[] = [];
  private index = 0;

  record(bytes: Buffer, offset: number): void {
    this.pieces.push({ kind: 'record', bytes, index: this.index++, offset });
  }

  fault({ reason, message }: Fault, offset: number): void {
    this.pieces.push({ kind: 'fault', reason, message, index: this.index++, offset });
  }

  /** Hands out what was collected since the last time. */
  take(): Piece[] {
    const taken = this.pieces;
    this.pieces = [];
    return taken;
  }
}
