import type { Answer, Dynalite } from './dynalite.ts';

/** What an operation has to do with. */
export interface DynamodbContext {
  readonly dynalite: Dynalite;
  /** Wall time, milliseconds since the epoch. */
  readonly now: () => number;
}

export type DynamodbOperation = (context: DynamodbContext, input: Input) => Promise<Answer>;

/** A request's JSON object, or one in it. */
export type Input = Readonly<Record<string, unknown>>;

export function isInput(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
