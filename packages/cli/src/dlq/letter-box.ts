import type { Overflow } from './overflow.ts';

/** A message, object, file or line. */
export interface Slip {
  /** Names it in its box. */
  readonly id: string;
  readonly text: string;
}

/** Where failures are kept: a queue, a bucket, files. */
export interface LetterBox {
  /** At most so many, oldest first where there is an order. What was read stays in the box. */
  read(most: number, signal: AbortSignal): Promise<readonly Slip[]>;
  /** An object of a bucket that is kept in the same place; undefined when it is not there. */
  objectBeside?(place: Overflow): Promise<string | undefined>;
  /** Whether it is an object that another slip points to, and no letter of its own. */
  isApart?(slip: Slip): boolean;
  /** Takes one out for good. */
  remove(slip: Slip): Promise<void>;
  /** Gives back what was read and not removed. */
  close(): Promise<void>;
}
