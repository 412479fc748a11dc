import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Row } from './sqlite-rows.js';

const MOST_WAITING_CHARACTERS = 8 * 1024 * 1024;

/** Writes that wait in memory for a common commit. */
export interface GroupCommit {
  /** What is not committed yet, by key. */
  readonly waiting: Batch;
  stage(key: string, row: Row | null): void;
  /** @throws what the last commit threw, if commits fail and as much waits as may */
  refuseWhenStuck(): void;
  /** Holds back whoever writes faster than the disk. Never rejects: the write is made, `durable` tells what failed. */
  breathe(): Promise<void>;
  /** Commits by itself a while later. Does not keep the process alive. */
  later(): void;
  /** One commit for all that ask in the same turn of the event loop. */
  durable(): Promise<void>;
  /** Commits now, and never again. */
  end(): void;
}

/** @param commit writes a batch whole or, when it throws, not at all; it stays here then */
export function groupCommit(commit: (batch: Batch) => void, everyMs: number, everyPuts: number): GroupCommit {
  const waiting = new Map<string, Row | null>();
  let writes = 0;
  let characters = 0;
  let failure: { readonly error: unknown } | undefined;
  let turn: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  const isFull = () => writes >= everyPuts || characters >= MOST_WAITING_CHARACTERS;

  function commitNow(): void {
    clearTimeout(timer);
    timer = undefined;
    try {
      commit(waiting);
    } catch (error) {
      failure = { error };
      if (!hasEnded) later();
      throw error;
    }
    failure = undefined;
    waiting.clear();
    writes = 0;
    characters = 0;
  }

  function commitNext(): Promise<void> {
    turn ??= nextTurn().then(() => {
      turn = undefined;
      if (!hasEnded) commitNow();
      else if (failure) throw failure.error;
    });
    return turn;
  }

  /** For those who do not ask how it went; the failure is kept for those who do. */
  const commitQuietly = (): Promise<void> => commitNext().catch(() => {});

  function later(): void {
    timer ??= setTimeout(() => void commitQuietly(), everyMs).unref();
  }

  return {
    waiting,
    stage(key, row) {
      waiting.set(key, row);
      writes += 1;
      characters += row?.body.length ?? 0;
      later();
    },
    refuseWhenStuck() {
      if (!failure || !isFull()) return;
      void commitQuietly(); // perhaps there is room again
      throw failure.error;
    },
    async breathe() {
      if (isFull()) await commitQuietly();
    },
    later,
    async durable() {
      if (waiting.size > 0) await commitNext();
    },
    end() {
      hasEnded = true;
      if (waiting.size > 0) commitNow();
      clearTimeout(timer);
    },
  };
}
