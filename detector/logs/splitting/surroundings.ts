/** Where values stand: at the top of the content, in a list at the top, or in the list of an envelope. */
type Place = 'top' | 'list' | 'envelope';

/** What stands before the next value of a list: its beginning or a comma, or else what was read last. */
type Separator = 'given' | 'record' | 'fault';

/** What is around the value that is read next. */
export class Surroundings {
  place: Place = 'top';
  separator: Separator = 'given';
  /** Of a list: a break may have hidden its end, so the next value may as well stand at the top. */
  damaged = false;

  get atTop(): boolean {
    return this.place === 'top';
  }

  /** Whether an object here can be an envelope. */
  get mayHoldEnvelope(): boolean {
    return this.atTop || this.damaged;
  }

  /** Goes to the top, or into a list that begins here. */
  enter(place: Place): void {
    this.place = place;
    this.separator = 'given';
    this.damaged = false;
  }

  /** After a break nobody knows whether the list goes on. */
  doubt(): void {
    this.separator = 'given';
    this.damaged = !this.atTop;
  }
}
