import { isMillraceError, MillraceError } from '@millrace/kinesis';
import type { Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { listShards } from '../shards/list-shards.ts';

/** The streams there are and their shards, each asked for once. */
export class StreamDirectory {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;
  readonly #shards = new Map<string, Promise<readonly Shard[] | undefined>>();
  #names: Promise<readonly string[]> | undefined;

  constructor(kinesis: Kinesis, context: CommandContext) {
    this.#kinesis = kinesis;
    this.#context = context;
  }

  names(): Promise<readonly string[]> {
    this.#names ??= this.#kinesis.admin
      .list({ signal: this.#context.signal })
      .then((streams) => streams.map(({ name }) => name));
    return this.#names;
  }

  /** Undefined when there is no such stream. */
  shards(stream: string): Promise<readonly Shard[] | undefined> {
    let shards = this.#shards.get(stream);
    if (shards === undefined) {
      shards = this.#list(stream);
      this.#shards.set(stream, shards);
    }
    return shards;
  }

  /** Throws `STREAM_NOT_FOUND` when there is no such stream. */
  async needed(stream: string): Promise<readonly Shard[]> {
    const shards = await this.shards(stream);
    if (shards !== undefined) return shards;
    throw new MillraceError('STREAM_NOT_FOUND', `There is no stream ${stream}.`, {
      advice: 'Correct its name, or check region and endpoint.',
      stream,
    });
  }

  async #list(stream: string): Promise<readonly Shard[] | undefined> {
    try {
      return await listShards(this.#kinesis, stream, this.#context);
    } catch (error) {
      if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
      throw error;
    }
  }
}
