import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { groupsOf } from '../engine/batch.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineState } from '../engine/state.ts';
import type { RecordHeap } from '../engine/record-heap.ts';
import type { Stream } from '../engine/stream.ts';
import { checkSegment } from './check-segment.ts';
import { FileHeap, segmentFile, segmentIdOf, type Durability } from './file-heap.ts';
import { lockFolder } from './folder-lock.ts';
import { FRAME_HEAD, type Frame } from './frame.ts';
import { StateFile } from './state-file.ts';

export interface StorageOptions {
  readonly folder: string;
  readonly durability: Durability;
  /** Whether to go on with what can be read of damaged files. */
  readonly repair: boolean;
  /** Default 16 MiB. */
  readonly segmentBytes?: number;
}

/** A folder that an engine lives in: its records in files of frames, all else in one file that is replaced. */
export class Storage implements Disposable {
  readonly heap: RecordHeap;
  readonly #heap: FileHeap;
  readonly #folder: string;
  readonly #repair: boolean;
  readonly #state: StateFile<EngineState>;
  readonly #lock: Disposable;
  #engine: Engine | undefined;

  /** Throws `FOLDER_LOCKED`. */
  constructor(options: StorageOptions) {
    this.#folder = join(options.folder, 'records');
    mkdirSync(this.#folder, { recursive: true });
    this.#lock = lockFolder(options.folder);
    this.#repair = options.repair;
    this.#state = new StateFile(join(options.folder, 'state.json'));
    this.#heap = new FileHeap({
      folder: this.#folder,
      durability: options.durability,
      segmentBytes: options.segmentBytes ?? 16 * 1024 * 1024,
      beforeRemoval: () => this.save(),
    });
    this.heap = this.#heap;
  }

  /** Gives a new engine the life the folder has. Throws `DATA_DAMAGED`. */
  restore(engine: Engine): void {
    const state = this.#state.load(this.#repair);
    if (state !== undefined) engine.restore(state);
    const streams = new Map(engine.streams.map((stream) => [stream.id, stream]));
    const ids = readdirSync(this.#folder)
      .map(segmentIdOf)
      .filter((id) => id !== undefined)
      .toSorted((a, b) => a - b);
    for (const id of ids) this.#load(id, id === ids.at(-1), streams);
    for (const { name, shards } of state?.streams ?? []) {
      for (const { index, next, lastArrival } of shards) {
        const shard = engine.find(name)?.shardAt(index);
        shard?.log.resume(next, lastArrival);
      }
    }
    this.#engine = engine;
    this.save();
    this.#heap.prune();
  }

  /** Returns when all but the records is safe. */
  save(): void {
    if (this.#engine !== undefined) this.#state.save(this.#engine.capture());
  }

  [Symbol.dispose](): void {
    this.#heap.close();
    this.#lock[Symbol.dispose]();
  }

  #load(id: number, isLast: boolean, streams: ReadonlyMap<number, Stream>): void {
    let groups = 0;
    const { size } = checkSegment(
      segmentFile(this.#folder, id),
      { isLast, repair: this.#repair },
      (bytes, frame) => {
        groups += register(id, bytes, frame, streams);
      },
    );
    this.#heap.adopt(id, size, groups);
  }
}

/** Tells the shards of a batch where it is; how many of its groups are still of a stream. */
function register(block: number, bytes: Buffer, frame: Frame, streams: ReadonlyMap<number, Stream>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offset = frame.at + FRAME_HEAD;
  const stream = streams.get(view.getUint32(offset, true));
  if (stream === undefined) return 0;
  let kept = 0;
  for (const group of groupsOf(view, offset)) {
    const shard = stream.shardAt(group.shardIndex);
    if (shard === undefined) continue;
    shard.log.append({ ...group, place: { block, offset } });
    kept++;
  }
  return kept;
}
