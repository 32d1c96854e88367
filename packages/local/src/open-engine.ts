import { integerOption, optionError, systemClock, toMilliseconds } from '@millrace/kinesis/runtime';

import type { BucketStore } from './engine/bucket-store.ts';
import { Engine } from './engine/engine.ts';
import { limits } from './engine/limits.ts';
import type { LocalKinesisOptions, StreamOptions } from './local-kinesis-options.ts';
import { md5Hex } from './md5.ts';
import type { Storage } from './storage/storage.ts';

/** The engine of a local Kinesis, with the streams it begins with; and the folder it lives in, if any. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly storage?: Storage;
}

export async function openEngine(options: LocalKinesisOptions): Promise<OpenedEngine> {
  const { path, durability = 'process', repair = false } = options;
  if (durability !== 'process' && durability !== 'fsync') {
    throw optionError('local.durability', durability, "'process' or 'fsync'");
  }
  const bucketStore = await openBucketStore(options.channelFolder);
  if (path === undefined) return { engine: addStreams(createEngine(options, { bucketStore }), options) };
  if (path === '') throw optionError('local.path', path, 'the name of a folder');
  const { Storage: FolderStorage } = await import('./storage/storage.ts');
  const storage = new FolderStorage({ folder: path, durability, repair });
  try {
    const engine = createEngine(options, { storage, bucketStore });
    storage.restore(engine);
    addStreams(engine, options);
    return { engine, storage };
  } catch (error) {
    storage[Symbol.dispose]();
    throw error;
  }
}

function addStreams(engine: Engine, options: LocalKinesisOptions): Engine {
  for (const [name, stream] of Object.entries(options.streams ?? {})) {
    // One that was kept is as it was left.
    if (engine.find(name) === undefined) addStream(engine, name, stream);
  }
  engine.changed();
  return engine;
}

/** Loaded by who has channels: it compresses what it keeps. */
async function openBucketStore(folder: string | undefined): Promise<BucketStore | undefined> {
  if (folder === undefined) return undefined;
  const { createBucketFolder } = await import('./neighbours/bucket-folder.ts');
  return createBucketFolder(folder);
}

function createEngine(
  options: LocalKinesisOptions,
  { storage, bucketStore }: { readonly storage?: Storage; readonly bucketStore: BucketStore | undefined },
): Engine {
  return new Engine({
    clock: options.clock ?? systemClock,
    hash: md5Hex,
    accountId: checkAccountId(options.accountId ?? '000000000000'),
    region: options.region ?? 'us-east-1',
    createStreamMs: toMilliseconds(options.createStreamTime ?? 0, 'local.createStreamTime'),
    deleteStreamMs: toMilliseconds(options.deleteStreamTime ?? 0, 'local.deleteStreamTime'),
    updateStreamMs: toMilliseconds(options.updateStreamTime ?? 0, 'local.updateStreamTime'),
    registerConsumerMs: toMilliseconds(options.registerConsumerTime ?? 0, 'local.registerConsumerTime'),
    deregisterConsumerMs: toMilliseconds(options.deregisterConsumerTime ?? 0, 'local.deregisterConsumerTime'),
    shardLimit: integerOption('local.shardLimit', options.shardLimit ?? 20_000, 1, 1_000_000),
    enforceLimits: options.enforceLimits ?? false,
    ...(storage === undefined ? {} : { heap: storage.heap, onChange: () => storage.save() }),
    ...(options.kmsKeys === undefined ? {} : { kmsKeys: options.kmsKeys }),
    ...(bucketStore === undefined ? {} : { bucketStore }),
  });
}

function addStream(engine: Engine, name: string, options: StreamOptions): void {
  const path = `local.streams.${name}`;
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name)) {
    throw optionError('local.streams', name, 'names of 1 to 128 letters, digits, and _ . -');
  }
  const shards = integerOption(`${path}.shards`, options.shards ?? 1, 1, limits.shardsPerStream);
  const kibibytes = integerOption(`${path}.maxRecordKiB`, options.maxRecordKiB ?? 1024, 1024, 10_240);
  const hours = options.retentionHours ?? limits.defaultRetentionHours;
  const stream = engine.createStream(name, { shards, maxRecordBytes: kibibytes * 1024, atOnce: true });
  stream.retentionHours = integerOption(
    `${path}.retentionHours`,
    hours,
    limits.defaultRetentionHours,
    limits.longestRetentionHours,
  );
}

function checkAccountId(accountId: string): string {
  if (/^\d{12}$/.test(accountId)) return accountId;
  throw optionError('local.accountId', accountId, 'twelve digits');
}
