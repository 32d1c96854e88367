import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { KinesisClient, PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import {
  createLocalKinesis,
  type LocalKinesis,
  type LocalKinesisOptions,
  type MappingOptions,
} from '../../src/index.ts';
import { dataOf, streamArn } from '../event-source/kit.ts';
import { newFolder, type Clock } from './door.ts';

describe('a mapping kept in a folder', () => {
  test('goes on behind the last record handled, as the same mapping, with what it was told', async () => {
    await using life = await begin();
    const { UUID } = await life.create({ BatchSize: 7, BisectBatchOnFunctionError: true });
    await life.put('a', 'b');
    await life.clock.advance(2000);
    const before = await life.get(UUID);
    expect(before).toMatchObject({ State: 'Enabled', LastProcessingResult: 'OK' });

    await using next = await life.restart();
    await next.put('c');
    await next.clock.advance(2000);
    expect(await next.get(UUID)).toEqual({ ...before, $metadata: expect.anything() });
    expect(next.handled).toEqual(['c']);
  });

  test('does not go past a record whose handler failed, nor one whose handler runs', async () => {
    await using life = await begin();
    await life.create({ BatchSize: 1 });
    await life.put('a', 'bad', 'slow', 'd');
    await life.clock.advance(5000);
    expect(life.handled).toEqual(['a']);

    await using failing = await life.kill();
    failing.mend('bad');
    await failing.clock.advance(2000);
    expect(failing.handled).toEqual(['bad']);

    await using running = await failing.kill();
    running.mend('slow');
    await running.clock.advance(5000);
    expect(running.handled).toEqual(['slow', 'd']);
  });

  test('from LATEST has its place once it is Enabled, so that what comes after it is handled by whoever lives', async () => {
    await using life = await begin();
    await life.put('before');
    await life.clock.advance(1);
    const { UUID } = await life.create({ StartingPosition: 'LATEST' });
    await life.clock.settle();
    expect(await life.get(UUID)).toMatchObject({ State: 'Enabled' });
    await life.clock.advance(1);
    await life.put('after');
    await using killed = await life.kill();
    await killed.clock.advance(2000);
    expect(killed.handled).toEqual(['after']);
  });

  test('is as it was answered to be, whenever the process ends: updated, disabled, deleted', async () => {
    await using life = await begin();
    const { UUID } = await life.create({});
    await life.clock.settle();
    await life.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 3, Enabled: false }));
    await life.put('a');

    await using disabled = await life.kill();
    await disabled.clock.advance(5000);
    expect(await disabled.get(UUID)).toMatchObject({ BatchSize: 3, State: 'Disabled' });
    expect(disabled.handled).toEqual([]);
    await disabled.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));

    await using gone = await disabled.kill();
    const { EventSourceMappings } = await gone.lambda.send(new ListEventSourceMappingsCommand({}));
    expect(EventSourceMappings).toEqual([]);
  });

  test('reads children once what was left of their parent is handled', async () => {
    await using life = await begin();
    await life.create({ BatchSize: 1 });
    await life.put('a', 'b');
    await life.client.send(
      new SplitShardCommand({
        StreamName: 'orders',
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: String(2n ** 127n),
      }),
    );
    await life.put('c', 'd', 'e');
    await using next = await life.restart();
    await next.clock.advance(30_000);
    expect(next.handled.slice(0, 2)).toEqual(['a', 'b']);
    expect(next.handled.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await using last = await next.restart();
    await last.clock.advance(30_000);
    expect(last.handled).toEqual([]);
  });

  test('is taken over by the program that makes it again, with the settings it gives now', async () => {
    const path = newFolder();
    const clock = createManualClock();
    const seen: string[][] = [];
    const run = async (options: MappingOptions) => {
      const kinesis = await createLocalKinesis({ path, clock, streams: { orders: {} } });
      const handled: string[] = [];
      const mapping = await kinesis.mapping(
        'orders',
        (event: KinesisEvent) => {
          handled.push(...dataOf(event));
        },
        { function: { name: 'bill' }, ...options },
      );
      seen.push(handled);
      return { kinesis, mapping, client: new KinesisClient(kinesis.clientConfig) };
    };
    const first = await run({ BatchSize: 2 });
    await put(first.client, 'a');
    await clock.advance(2000);
    await first.kinesis.close();

    const second = await run({ BatchSize: 5 });
    expect(second.mapping.uuid).toBe(first.mapping.uuid);
    expect(second.mapping).toMatchObject({ state: 'Enabled', settings: { BatchSize: 5 } });
    await put(second.client, 'b');
    await clock.advance(2000);
    expect(seen).toEqual([['a'], ['b']]);
    // Made twice in one process it is a mistake, as ever.
    await expect(
      second.kinesis.mapping('orders', () => {}, { function: { name: 'bill' } }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID' });

    // Who closes it means it: the next one begins at its starting position.
    await second.mapping.close();
    await second.kinesis.close();
    const third = await run({});
    await clock.advance(2000);
    expect(seen.at(-1)).toEqual(['a', 'b']);
    await third.kinesis.close();
  });

  test('waits for a function that is not there yet, and loses nothing', async () => {
    await using life = await begin();
    await life.create({ MaximumRetryAttempts: 0 });
    await life.put('a');
    await using bare = await life.kill({ functions: {} });
    await bare.clock.advance(10_000);
    const list = new ListEventSourceMappingsCommand({ FunctionName: 'bill' });
    expect((await bare.lambda.send(list)).EventSourceMappings).toHaveLength(1);
    const lambda = await bare.kinesis.lambda();
    await lambda.functions.add((event: KinesisEvent) => void bare.handled.push(...dataOf(event)), {
      name: 'bill',
    });
    await bare.clock.advance(60_000);
    expect(bare.handled).toEqual(['a']);
  });

  test('has its tumbling window, also after the process was killed', async () => {
    const seen: unknown[] = [];
    const bill = (event: KinesisEvent) => {
      const text = dataOf(event).join('');
      seen.push([text, event.state, event.isFinalInvokeForWindow]);
      return { state: `${typeof event.state === 'string' ? event.state : ''}${text}` };
    };
    await using life = await live(
      { path: newFolder(), streams: { orders: {} }, functions: { bill } },
      createManualClock(),
    );
    await life.create({ TumblingWindowInSeconds: 900 });
    await life.put('a');
    await life.clock.advance(3000);
    await using killed = await life.kill();
    await life.kinesis.close();
    await killed.put('b');
    await killed.clock.advance(2000);
    await using next = await killed.restart();
    await next.clock.advance(1_100_000);
    expect(seen).toEqual([
      ['a', {}, false],
      ['b', 'a', false],
      ['', 'ab', true],
    ]);
  });

  test('a damaged file is told of, and repaired from the one before it', async () => {
    await using life = await begin();
    const { UUID } = await life.create({});
    await life.clock.settle();
    await life.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 3 }));
    await life.clock.advance(2000);
    const folder = life.copy();
    writeFileSync(join(folder, 'mappings.json'), '1\n{}\n');
    await expect(createLocalKinesis({ path: folder, clock: life.clock })).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
    });
    await using repaired = await createLocalKinesis({ path: folder, clock: life.clock, repair: true });
    expect((await repaired.lambda()).mappings.get(UUID ?? '').uuid).toBe(UUID);
  });

  test('however often the process ends, every record is handled, in the order of its key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), fc.nat(2), async (steps, lanes) => {
        let life = await begin();
        await life.create({ BatchSize: 3, ParallelizationFactor: 1 + lanes });
        let sent = 0;
        const all: string[] = [];
        for (const one of steps) {
          if (one.type === 'put') {
            for (let count = 0; count < one.count; count++) await life.put(String(sent++).padStart(4, '0'));
          } else if (one.type === 'wait') await life.clock.advance(one.ms);
          else {
            const next = await (one.type === 'kill' ? life.kill() : life.restart());
            // What the dead one does afterwards nobody sees.
            all.push(...life.handled.splice(0));
            await life.kinesis.close();
            life = next;
          }
        }
        await life.clock.advance(120_000);
        all.push(...life.handled);
        await life.kinesis.close();
        const expected = Array.from({ length: sent }, (_, at) => String(at).padStart(4, '0'));
        expect([...new Set(all)].toSorted()).toEqual(expected);
        // The first time each is handled they are in order: all have the same key.
        expect(all.filter((id, at) => all.indexOf(id) === at)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  }, 30_000);
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('put' as const), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2500 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('kill' as const, 'restart' as const) }) },
);

/** A stream `orders`, and a function `bill` that fails on what is bad and does not come to an end with what is slow. */
async function begin(): Promise<Life> {
  return live({ path: newFolder(), streams: { orders: {} } }, createManualClock());
}

interface Life extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly client: KinesisClient;
  readonly lambda: LambdaClient;
  readonly clock: Clock;
  readonly handled: string[];
  /** The folder as a process that ends now leaves it. */
  copy(): string;
  /** Has the function do well with what is `bad`, or `slow`. */
  mend(what: string): void;
  put(...data: readonly string[]): Promise<void>;
  create(settings: object): Promise<EventSourceMappingConfiguration>;
  get(uuid: string | undefined): Promise<EventSourceMappingConfiguration>;
  /** Ends it, and begins another one on its folder. */
  restart(): Promise<Life>;
  /** Begins another one on its folder as it is. */
  kill(more?: LocalKinesisOptions): Promise<Life>;
}

async function live(options: LocalKinesisOptions & { readonly path: string }, clock: Clock): Promise<Life> {
  const handled: string[] = [];
  const mended = new Set<string>();
  const broken = (what: string, data: readonly string[]): boolean => !mended.has(what) && data.includes(what);
  const kinesis = await createLocalKinesis({
    functions: {
      bill: async (event: KinesisEvent) => {
        const data = dataOf(event);
        if (broken('bad', data)) throw new Error('bad');
        // Until it is timed out, or ended.
        if (broken('slow', data)) await new Promise(() => {});
        handled.push(...data);
      },
    },
    ...options,
    clock,
  });
  const client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  const lambda = new LambdaClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  const copy = (): string => {
    const folder = newFolder();
    cpSync(options.path, folder, { recursive: true });
    rmSync(join(folder, 'lock'), { force: true });
    return folder;
  };
  return {
    kinesis,
    client,
    lambda,
    clock,
    handled,
    copy,
    mend: (what) => void mended.add(what),
    put: (...data) => put(client, ...data),
    create: (settings) =>
      lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName: 'bill',
          EventSourceArn: streamArn,
          StartingPosition: 'TRIM_HORIZON',
          ...settings,
        }),
      ),
    get: (UUID) => lambda.send(new GetEventSourceMappingCommand({ UUID })),
    async restart() {
      await kinesis.close();
      return live(options, clock);
    },
    kill: (more = {}) => live({ ...options, ...more, path: copy() }, clock),
    [Symbol.asyncDispose]: () => kinesis.close(),
  };
}

async function put(client: KinesisClient, ...data: readonly string[]): Promise<void> {
  for (const one of data) {
    await client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'k', Data: Buffer.from(one) }),
    );
  }
}
