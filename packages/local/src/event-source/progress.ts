/** How far a shard is done: the last record before which none is unfinished. */
export class Progress {
  #numbers: string[] = [];
  #finished: boolean[] = [];
  /** Ordinal of the first one kept. */
  #base = 0;
  /** How many of those kept are below the checkpoint. */
  #done = 0;
  #checkpoint: string | undefined;

  /** Undefined until the first record is done. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** Records between the checkpoint and the last one read. */
  get open(): number {
    return this.#numbers.length - this.#done;
  }

  /** A record was read; answers its place. */
  add(sequenceNumber: string): number {
    this.#numbers.push(sequenceNumber);
    this.#finished.push(false);
    return this.#base + this.#numbers.length - 1;
  }

  finish(ordinal: number): void {
    this.#finished[ordinal - this.#base] = true;
    while (this.#finished[this.#done] === true) this.#checkpoint = this.#numbers[this.#done++];
    if (this.#done < 4096 || this.#done * 2 < this.#numbers.length) return;
    this.#numbers = this.#numbers.slice(this.#done);
    this.#finished = this.#finished.slice(this.#done);
    this.#base += this.#done;
    this.#done = 0;
  }
}
