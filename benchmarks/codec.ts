/**
 * How fast user records go into KPL aggregates and come out of them, beside AWS's own library for Node.
 *
 * From user records to the base64 text that goes over the wire, and back: the peer's de-aggregator takes and gives
 * base64, so nobody can leave it out. The floor is what no implementation can: the digest and base64 of the same bytes.
 */
import { hash } from 'node:crypto';
import { createRequire } from 'node:module';

import { createAggregator, decodeAggregate, type AggregateEntry } from '@millrace/kinesis/codec';

import { progress, runCase, type Contestant } from './harness.ts';

const AGGREGATE_BYTES = 51_200;
const BATCHES = 16;
const KEYS = 200;
const PEER = 'aws-kinesis-agg@4.2.8';
const peer = createRequire(import.meta.url)('aws-kinesis-agg') as Peer;

for (const [size, bytes] of [
  ['100B', 100],
  ['1KiB', 1024],
] as const) {
  const batches = Array.from({ length: BATCHES }, (_, batch) => fillAggregate(bytes, batch));
  const encoded = batches.map(encodeOurs);
  for (const [index, batch] of batches.entries()) await agree(batch, encoded[index] ?? '');
  progress(
    `codec: ${batches[0]?.length} records of ${size} in an aggregate of ${encoded[0]?.length} base64 digits`,
  );

  await runCase({
    bench: 'codec',
    case: `encode-${size}`,
    unit: 'records/s',
    ours: each(batches, (batch) => {
      encodeOurs(batch);
      return batch.length;
    }),
    peers: {
      // Its queue hands each aggregate over in a later turn: waiting for all batches at once spares it idle turns.
      [PEER]: async () => {
        await Promise.all(batches.map(encodePeer));
        return batches.reduce((total, batch) => total + batch.length, 0);
      },
    },
    floor: each(encoded.map(fromBase64), (data, index) => {
      digest(data);
      toBase64(data);
      return batches[index]?.length ?? 0;
    }),
  });

  await runCase({
    bench: 'codec',
    case: `decode-${size}`,
    unit: 'records/s',
    ours: each(encoded, (text) => decodeOurs(text).length),
    peers: { [PEER]: each(encoded, (text) => decodePeer(text).length) },
    floor: each(encoded, (text, index) => {
      digest(fromBase64(text));
      return batches[index]?.length ?? 0;
    }),
  });
}

interface PeerRecord {
  readonly partitionKey: string;
  /** Base64. */
  readonly data: string;
}

/** What we call of it; its own types name packages of AWS's that nobody here installs. */
interface Peer {
  aggregate(
    records: readonly AggregateEntry[],
    encoded: (record: { readonly data: Buffer }, done: () => void) => void,
    after: () => void,
    failed: (error: Error) => void,
  ): void;
  deaggregateSync(
    record: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string },
    checkDigest: boolean,
    after: (error: Error | undefined, records: readonly PeerRecord[]) => void,
  ): void;
}

/** As many records as one aggregate takes, their keys drawn from the same 200. */
function fillAggregate(bytes: number, seed: number): readonly AggregateEntry[] {
  const aggregator = createAggregator({ maxBytes: AGGREGATE_BYTES });
  const entries: AggregateEntry[] = [];
  let state = seed + 1;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const partitionKey = `customer-${String((state >>> 8) % KEYS).padStart(6, '0')}`;
    const data = Buffer.alloc(
      bytes,
      `{"id":${state},"customer":"${partitionKey}","total":${state % 10_000}}`,
    );
    if (!aggregator.add({ partitionKey, data })) return entries;
    entries.push({ partitionKey, data });
  }
}

function each<T>(items: readonly T[], work: (item: T, index: number) => number): Contestant {
  return () => {
    let units = 0;
    for (const [index, item] of items.entries()) units += work(item, index);
    return units;
  };
}

function encodeOurs(batch: readonly AggregateEntry[]): string {
  const aggregator = createAggregator({ maxBytes: AGGREGATE_BYTES });
  for (const entry of batch) aggregator.add(entry);
  return toBase64(aggregator.finish().data);
}

function encodePeer(batch: readonly AggregateEntry[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    peer.aggregate(
      batch,
      (record, done) => {
        text = record.data.toString('base64');
        done();
      },
      () => resolve(text),
      reject,
    );
  });
}

function decodeOurs(text: string): readonly { readonly partitionKey: string; readonly data: Uint8Array }[] {
  return decodeAggregate(fromBase64(text)) ?? [];
}

function decodePeer(text: string): readonly PeerRecord[] {
  let found: readonly PeerRecord[] = [];
  peer.deaggregateSync({ partitionKey: 'a', sequenceNumber: '1', data: text }, true, (error, records) => {
    if (error) throw error;
    found = records;
  });
  return found;
}

/** Both sides must make the same bytes and find the same records, or their speeds say nothing. */
async function agree(batch: readonly AggregateEntry[], text: string): Promise<void> {
  const same =
    (await encodePeer(batch)) === text &&
    [decodeOurs(text), decodePeer(text)].every(
      (records) =>
        records.length === batch.length &&
        records.every(({ partitionKey, data }, index) => {
          const bytes = typeof data === 'string' ? fromBase64(data) : data;
          return (
            partitionKey === batch[index]?.partitionKey && batch[index].data.every((b, at) => b === bytes[at])
          );
        }),
    );
  if (!same) throw new Error(`${PEER} and ours disagree about the same batch`);
}

function digest(data: Uint8Array): Uint8Array {
  return hash('md5', data.subarray(4, data.length - 16), 'buffer');
}

function toBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64');
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
