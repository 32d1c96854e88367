import { GetRecordsCommand, type GetRecordsCommandOutput } from '@aws-sdk/client-kinesis';

import type { ReadResult } from '../source/shard-reader.ts';
import type { KinesisSender } from './clients.ts';
import type { DirectCalls } from './direct-calls.ts';
import { writeCborMap } from './cbor-writer.ts';
import { readGetRecords } from './get-records-answer.ts';
import { readCborGetRecords } from './get-records-cbor.ts';
import { beforeReading, collect, release, takeBody } from './http-message.ts';
import { toChild, toRecord } from './kinesis-shapes.ts';

/**
 * GetRecords. A good answer is read by us, since the SDK walks it by its schema, value by value, which costs more than all the
 * rest of reading a record; and while all goes well the call is sent by us, too. Whatever else comes back goes the SDK's way: its
 * errors are the SDK's own, and it learns from them what it does (the service's clock, for one).
 *
 * See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}.
 */
export class GetRecordsCalls {
  readonly #client: KinesisSender;
  readonly #direct: DirectCalls | undefined;

  constructor(client: KinesisSender, direct?: DirectCalls) {
    this.#client = client;
    this.#direct = direct;
  }

  async send(iterator: string, limit: number, signal: AbortSignal | undefined): Promise<ReadResult> {
    const input = { ShardIterator: iterator, Limit: limit };
    const isCbor = this.#direct?.format !== undefined;
    const sent = await this.#direct?.send(isCbor ? writeCborMap(input) : JSON.stringify(input), signal);
    if (Buffer.isBuffer(sent)) {
      const read = isCbor ? this.#readCbor(sent) : readJson(sent);
      if (read !== undefined) return read;
    }
    let result: ReadResult | undefined;
    const command = new GetRecordsCommand(input);
    this.#direct?.join(command, Buffer.isBuffer(sent) ? undefined : sent);
    const step = takeBody(async (body) => {
      result = readGetRecords(await collect(body));
      return new Uint8Array(0);
    });
    command.middlewareStack.add(step, beforeReading);
    const output = await this.#client.send(command, { ...(signal && { abortSignal: signal }) });
    // A client that sends in a way of its own has only that.
    return result ?? toResult(output);
  }

  /** Undefined for what cannot be read: the next would not be read either, and to ask again changes nothing at the service. */
  #readCbor(body: Buffer): ReadResult | undefined {
    try {
      return readCborGetRecords(body);
    } catch {
      this.#direct?.giveUpFormat();
      return undefined;
    }
  }
}

function readJson(body: Buffer): ReadResult {
  const result = readGetRecords(body);
  // Its records have bytes of their own.
  release(body);
  return result;
}

function toResult({
  Records,
  NextShardIterator,
  MillisBehindLatest,
  ChildShards,
}: GetRecordsCommandOutput): ReadResult {
  return {
    records: (Records ?? []).map(toRecord),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(NextShardIterator !== undefined && NextShardIterator !== null && { nextIterator: NextShardIterator }),
    ...(ChildShards !== undefined && { childShards: ChildShards.map(toChild) }),
  };
}
