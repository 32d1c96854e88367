import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { createManualClock } from '@millrace/kinesis/testing';
import { afterAll } from 'vitest';

import { getRecords } from '../../src/api/operations/get-records.ts';
import { Service } from '../../src/api/service.ts';
import { Engine } from '../../src/engine/engine.ts';
import { md5Hex } from '../../src/md5.ts';
import { Storage } from '../../src/storage/storage.ts';

/** An engine and what leads to it. */
export interface Door {
  readonly engine: Engine;
  readonly service: Service;
  close(): void;
}

export type Clock = ReturnType<typeof createManualClock>;

/** An engine on a folder, its files of a few records each unless its name ends with `big`. */
export function open(
  folder: string,
  clock: Clock,
  options: {
    readonly repair?: boolean;
    readonly durability?: 'process' | 'fsync';
    readonly segmentBytes?: number;
  } = {},
): Door {
  const { repair = false, durability = 'process', segmentBytes = 600 } = options;
  const storage = new Storage({
    folder,
    durability,
    repair,
    segmentBytes: folder.endsWith('big') ? 1e6 : segmentBytes,
  });
  try {
    const engine = new Engine({
      ...engineOptions(clock),
      heap: storage.heap,
      onChange: () => storage.save(),
    });
    storage.restore(engine);
    return {
      engine,
      service: new Service(engine),
      close() {
        engine.close();
        storage[Symbol.dispose]();
      },
    };
  } catch (error) {
    storage[Symbol.dispose]();
    throw error;
  }
}

/** An engine in memory. */
export function plain(clock: Clock): Door {
  const engine = new Engine(engineOptions(clock));
  return { engine, service: new Service(engine), close: () => engine.close() };
}

function engineOptions(clock: Clock): ConstructorParameters<typeof Engine>[0] {
  return {
    clock,
    hash: md5Hex,
    accountId: '000000000000',
    region: 'us-east-1',
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 1000,
    enforceLimits: false,
  };
}

export function newFolder(ending: string = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-storage-')) + ending;
  mkdirSync(folder, { recursive: true });
  folders.push(folder);
  return folder;
}

/** Every record of a shard. */
export async function recordsOf(
  { service }: Door,
  stream: string,
  shardId: string,
): Promise<ReturnType<typeof getRecords>['Records']> {
  const opened = await service.call('GetShardIterator', {
    StreamName: stream,
    ShardId: shardId,
    ShardIteratorType: 'TRIM_HORIZON',
  });
  return (await service.run('GetRecords', getRecords, opened)).Records;
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
