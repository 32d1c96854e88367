/** A partition key that may come again, with where it led the last time: see `Router.ordinalOf`. */
export class KnownKey {
  readonly text: string;
  readonly length: number;
  /** Who said so: a reshard makes a new router. */
  router: object | undefined;
  ordinal = 0;

  constructor(text: string) {
    this.text = text;
    this.length = text.length;
  }
}
