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
  /** Takes one out for good. */
  remove(slip: Slip): Promise<void>;
  /** Gives back what was read and not removed. */
  close(): Promise<void>;
}
