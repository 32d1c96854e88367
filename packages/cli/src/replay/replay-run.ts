import type { StreamRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { records as showRecords } from '../put/summary.ts';
import type { Place } from '../read/place.ts';
import { scanStream } from '../read/stream-scan.ts';
import type { Destination } from './destination.ts';
import { removeReplayState, writeReplayState, type ReplayState } from './replay-state.ts';
import type { ReplaySettings } from './settings.ts';

/** So much, and what is under way, may have to be done again after a crash. */
const saveEveryMs = 1000;
/** Without a rate: enough for the destination to work in large strokes, little enough to stop soon. */
const mostAtOnce = 5000;

/** Reads the range and writes it, keeping a state that another run can go on from. */
export class ReplayRun {
  readonly #context: CommandContext;
  readonly #settings: ReplaySettings;
  readonly #destination: Destination;
  readonly #atOnce: number;
  readonly #places: Map<string, Place | 'done'>;
  #state: ReplayState;
  #records: number;
  #bytes: number;
  #savedAt: number;
  #saving: Promise<void> = Promise.resolve();

  /** `shards`: how many are read side by side. */
  constructor(
    context: CommandContext,
    settings: ReplaySettings,
    destination: Destination,
    state: ReplayState,
    shards: number,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#destination = destination;
    this.#state = state;
    this.#records = state.records;
    this.#bytes = state.bytes ?? 0;
    this.#places = new Map(Object.entries(state.shards));
    this.#savedAt = context.clock.monotonic();
    // What is under way to a stream comes twice after a crash: half a second of the rate its shards share. A file is cut back.
    const strokes = settings.destination.kind === 'stream' ? 2 * Math.max(1, shards) : 1;
    const share = (settings.rate ?? Number.POSITIVE_INFINITY) / strokes;
    this.#atOnce = Math.max(1, Math.min(mostAtOnce, Math.ceil(share)));
  }

  /** Records replayed, earlier runs included. */
  get records(): number {
    return this.#records;
  }

  /** Bytes of their values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when all of it is done; false when `signal` fired before. Whatever happens, the state says how far it is. */
  async run(kinesis: Kinesis, only: readonly Shard[], signal: AbortSignal): Promise<boolean> {
    const { clock, options } = this.#context;
    const { stream, pollMs } = this.#settings;
    const { from, to } = this.#state.span;
    using _ = options.flag('progress') ? this.#tell() : undefined;
    await this.#save();
    try {
      await scanStream(
        {
          stream,
          reader: kinesis.connection.reader,
          clock,
          from,
          until: to,
          ...(only.length > 0 && { only }),
          pollMs,
          exitAtEnd: false,
          resume: new Map(this.#places),
          onDone: (shardId) => this.#places.set(shardId, 'done'),
        },
        (records, shard) => this.#take(records, shard, signal),
        signal,
      );
    } finally {
      await this.#save();
    }
    if (signal.aborted) return false;
    await removeReplayState(this.#settings.statePath);
    return true;
  }

  async #take(records: readonly StreamRecord[], shard: Shard, signal: AbortSignal): Promise<void> {
    const atOnce = this.#atOnce;
    for (let start = 0; start < records.length && !signal.aborted; start += atOnce) {
      const part = records.slice(start, start + atOnce);
      const wanted = part.filter(this.#settings.wanted);
      await this.#destination.write(wanted, shard, signal, (count) =>
        this.#commit(shard, part, wanted, count),
      );
      if (this.#context.clock.monotonic() - this.#savedAt >= saveEveryMs) await this.#save();
    }
  }

  #commit(
    { shardId }: Shard,
    part: readonly StreamRecord[],
    wanted: readonly StreamRecord[],
    count: number,
  ): void {
    this.#records += count;
    for (const { bytes } of wanted.slice(0, count)) this.#bytes += bytes.length;
    // Those that are not wanted behind the last that is safe are safe as well, unless it was stopped among them.
    const last = count === wanted.length ? part.at(-1) : wanted[count - 1];
    if (last === undefined) return;
    const { sequenceNumber, subSequenceNumber } = last;
    this.#places.set(shardId, { sequenceNumber, subSequenceNumber });
  }

  /** One after the other: shards come side by side. */
  #save(): Promise<void> {
    this.#savedAt = this.#context.clock.monotonic();
    this.#saving = this.#saveAfter(this.#saving);
    return this.#saving;
  }

  async #saveAfter(earlier: Promise<void>): Promise<void> {
    await earlier;
    const { seen, ...more } = await this.#destination.settle(() => ({
      shards: Object.fromEntries(this.#places),
      records: this.#records,
      bytes: this.#bytes,
    }));
    this.#state = { ...this.#state, ...seen, ...more };
    await writeReplayState(this.#settings.statePath, this.#state);
  }

  #tell(): Disposable {
    const { clock, notes } = this.#context;
    const startedAt = clock.monotonic();
    let before = this.#records;
    const tell = (): void => {
      const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
      notes.progress(
        `${seconds} s: ${showRecords(this.#records)} replayed, ${(this.#records - before).toLocaleString('en-US')}/s`,
      );
      before = this.#records;
      timer = clock.timer(1000, tell);
    };
    let timer = clock.timer(1000, tell);
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}
