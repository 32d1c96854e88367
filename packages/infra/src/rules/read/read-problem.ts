import type { Place } from '../node.ts';

/** A file that cannot be read for a template: where, and what is wrong. */
export class ReadProblem extends Error {
  override readonly name = 'ReadProblem';
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/** Templates of CloudFormation have at most 1 MB; a module's file is far smaller. */
export const largestFile: number = 4 * 1024 * 1024;
/** Deeper is no template. */
export const deepest = 100;
/** Aliases can make a small file endless. */
export const mostNodes = 500_000;
