/**
 * Sequence numbers have the service's shape: 56 decimal digits, in hexadecimal
 *
 *     2 ccccccccc n iiiiiiiiiiiiiiii 00 ttttttttt ssssssss 2
 *
 * c: second the shard was opened, n: low digit of the shard's index, i: index within the shard, t: second the record
 * arrived, s: shard index. The opening second is on top, so every number of a child, opened at least a second later,
 * is larger than every number of its parents.
 */
export interface SequenceParts {
  readonly openedSecond: number;
  readonly shardIndex: number;
  /** 0 is the shard's starting number, 1 its first record. */
  readonly index: bigint;
  readonly second: number;
}

/** The index of a closed shard's ending number. */
export const END_INDEX: bigint = 0x7fff_ffff_ffff_ffffn;

export function formatSequenceNumber(parts: SequenceParts): string {
  return toInteger(parts).toString();
}

/** The parts of a sequence number, or undefined when it has not the shape of one. */
export function parseSequenceNumber(text: string): SequenceParts | undefined {
  if (!/^[1-9]\d{55}$/.test(text)) return undefined;
  const value = BigInt(text);
  const parts = {
    openedSecond: Number((value >> 148n) & 0xf_ffff_ffffn),
    shardIndex: Number((value >> 4n) & 0xffff_ffffn),
    index: (value >> 80n) & 0xffff_ffff_ffff_ffffn,
    second: Number((value >> 36n) & 0xf_ffff_ffffn),
  };
  return toInteger(parts) === value ? parts : undefined;
}

/**
 * Formats the numbers of one shard in order. From one index to the next within a second the value grows by 2^80, so
 * the last 28 digits are kept in groups of four that are added to and looked up; building and printing a bigint each
 * time takes about ten times as long.
 */
export class SequenceCursor {
  readonly #openedSecond: number;
  readonly #shardIndex: number;
  readonly #groups = new Int32Array(step.length);
  #prefix = '';
  #index = -1;
  #second = -1;
  #text: string | undefined;
  readonly #prefixWords = new Int32Array(prefixLength / 4);

  constructor(openedSecond: number, shardIndex: number) {
    this.#openedSecond = openedSecond;
    this.#shardIndex = shardIndex;
  }

  /** The number of the record at `index` (from 1) that arrived in `second`. */
  at(index: number, second: number): string {
    this.#seek(index, second);
    if (this.#text === undefined) {
      let text = this.#prefix;
      for (const group of this.#groups) text += fourDigits[group] ?? '';
      this.#text = text;
    }
    return this.#text;
  }

  of(record: { readonly index: number; readonly arrivedAt: number }): string {
    return this.at(record.index, Math.floor(record.arrivedAt / 1000));
  }

  /** Writes the 56 digits of {@link at} as ASCII from `offset` on, four at a time. */
  write(index: number, second: number, view: DataView, offset: number): void {
    this.#seek(index, second);
    const prefix = this.#prefixWords;
    const groups = this.#groups;
    for (let at = 0; at < step.length; at++) {
      view.setInt32(offset + at * 4, prefix[at] ?? 0);
      view.setInt32(offset + prefixLength + at * 4, digitWords[groups[at] ?? 0] ?? 0);
    }
  }

  #seek(index: number, second: number): void {
    if (index === this.#index && second === this.#second) return;
    if (index !== this.#index + 1 || second !== this.#second || !advance(this.#groups))
      this.#jump(index, second);
    this.#index = index;
    this.#second = second;
    this.#text = undefined;
  }

  #jump(index: number, second: number): void {
    const text = formatSequenceNumber({
      openedSecond: this.#openedSecond,
      shardIndex: this.#shardIndex,
      index: BigInt(index),
      second,
    });
    this.#prefix = text.slice(0, prefixLength);
    for (let at = 0; at < prefixLength / 4; at++) {
      this.#prefixWords[at] = digitWords[Number(text.slice(at * 4, at * 4 + 4))] ?? 0;
    }
    for (let at = 0; at < step.length; at++) {
      this.#groups[at] = Number(text.slice(prefixLength + at * 4, prefixLength + at * 4 + 4));
    }
  }
}

/** 2^80 in groups of four decimal digits. */
const step: Int32Array = Int32Array.of(1, 2089, 2581, 9614, 6291, 7470, 6176);
const prefixLength = 28;
const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, value) =>
  String(value).padStart(2, '0'),
);
/** Made of pairs: this is done when a server starts. */
const fourDigits: readonly string[] = twoDigits.flatMap((high) => twoDigits.map((low) => high + low));

/** The same as {@link fourDigits}: their ASCII, the first on top. */
const digitWords: Int32Array = new Int32Array(fourDigits.length);
for (let high = 0, value = 0; high < 100; high++) {
  for (let low = 0; low < 100; low++) digitWords[value++] = (asciiOf(high) << 16) | asciiOf(low);
}

/** Of two digits. */
function asciiOf(value: number): number {
  return 0x3030 + (Math.floor(value / 10) << 8) + (value % 10);
}

/** Adds 2^80; false when that carries into the prefix. */
function advance(groups: Int32Array): boolean {
  let carry = 0;
  for (let at = step.length - 1; at >= 0; at--) {
    const sum = (groups[at] ?? 0) + (step[at] ?? 0) + carry;
    carry = sum >= 10_000 ? 1 : 0;
    groups[at] = sum - carry * 10_000;
  }
  return carry === 0;
}

function toInteger(parts: SequenceParts): bigint {
  return (
    (2n << 184n) |
    (BigInt(parts.openedSecond) << 148n) |
    (BigInt(parts.shardIndex & 0xf) << 144n) |
    (parts.index << 80n) |
    (BigInt(parts.second) << 36n) |
    (BigInt(parts.shardIndex) << 4n) |
    2n
  );
}
