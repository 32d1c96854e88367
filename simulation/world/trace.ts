/** One thing that happened. */
interface Entry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly detail: string;
}

/**
 * What happened in a run: always as a number that tells two runs apart, and as lines to read when asked for. Keeping no
 * lines is what makes a seed cheap; a seed that fails is run again with them.
 */
export class Trace {
  readonly #recording: boolean;
  readonly #entries: Entry[] = [];
  #hash = 0x811c9dc5;

  constructor(recording: boolean) {
    this.#recording = recording;
  }

  /** The same for two runs only if the same happened in both, in the same order at the same times. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  note(at: number, who: string, what: string, subject: string, detail?: () => string): void {
    this.#mix(Math.round(at * 1000));
    this.#mixText(who);
    this.#mixText(what);
    this.#mixText(subject);
    if (this.#recording) this.#entries.push({ at, who, what, subject, detail: detail?.() ?? '' });
  }

  /**
   * The last `count` lines, those that name one of `subjects` (a key, a shard) before all others; faults are always told.
   */
  lines(count: number, subjects: readonly string[] = []): readonly string[] {
    const matters = ({ what, subject, detail }: Entry): boolean =>
      subjects.length === 0 ||
      what.startsWith('fault') ||
      subjects.some((name) => subject.includes(name) || detail.includes(name));
    return this.#entries
      .filter(matters)
      .slice(-count)
      .map(
        ({ at, who, what, subject, detail }) =>
          `${(at / 1000).toFixed(3).padStart(9)}s  ${who.padEnd(10)} ${what.padEnd(22)} ${subject} ${detail}`,
      );
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }

  #mixText(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }
}
