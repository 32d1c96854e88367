import {
  createProducer,
  type Connection,
  type Producer,
  type Receipt,
  type StreamDefinition,
} from '@millrace/kinesis';
import { hashKeyOf, MAX_HASH_KEY } from '@millrace/kinesis/record';
import { sleep } from '@millrace/kinesis/runtime';

import { itemBytes, type Item, type Value } from '../check/item.ts';
import type { Ledger } from '../check/ledger.ts';
import type { MemoryGauge } from '../check/memory-gauge.ts';
import type { ProducerPlan } from '../plan/plan.ts';
import { Random } from '../plan/random.ts';
import type { Life } from '../world/life.ts';

export interface ProducerParts {
  readonly stream: StreamDefinition<Item, Value>;
  readonly producer: ProducerPlan;
  readonly index: number;
  readonly life: Life;
  readonly random: Random;
  readonly connection: Pick<Connection, 'writer' | 'reader'>;
  readonly ledger: Ledger;
  readonly gauge: MemoryGauge;
  /** Records that earlier processes of this machine have put already. */
  readonly already: number;
  readonly ended: () => void;
}

/** What one producer process has put, and has not been told the fate of. */
export interface RunningProducer {
  /** How many of its records have been put. */
  readonly put: number;
  readonly open: ReadonlySet<Item>;
}

/** Starts one producer process: puts its records at its pace, flushes and closes. */
export function startProducer(parts: ProducerParts): RunningProducer {
  const { stream, producer: options, life, connection, gauge } = parts;
  gauge.promised(life, {
    requests: options.maxInFlight,
    requestBytes: Math.max(options.maxBufferedBytes, options.largestBytes),
  });
  const producer = createProducer(stream, connection, {
    ordering: options.ordering,
    aggregation: options.aggregation,
    linger: options.lingerMs,
    deadline: options.deadlineMs,
    requestTimeout: options.requestTimeoutMs,
    maxBufferedBytes: options.maxBufferedBytes,
    maxInFlight: options.maxInFlight,
    maxRequestBytes: options.maxRequestBytes,
    clock: life.clock,
  });
  const progress = { put: parts.already, open: new Set<Item>() };
  void work(parts, producer, progress);
  return progress;
}

async function work(
  parts: ProducerParts,
  producer: Producer<Item>,
  progress: { put: number; readonly open: Set<Item> },
): Promise<void> {
  const { producer: options, random, life, ledger } = parts;
  const counts = new Map<string, number>();
  while (progress.put < options.records) {
    await sleep(life.programClock, random.next() * options.paceMs);
    const item = draw(parts, progress.put++, counts);
    progress.open.add(item);
    ledger.put(item, options.ordering !== 'none');
    const headers = random.chance(options.headerShare) ? { headers: { trace: item.id } } : {};
    const settled = settle(parts, item, producer.put(item, headers), progress.open);
    if (options.awaits) await settled;
  }
  await producer.close();
  parts.ended();
}

/** Tells the ledger what the putter is told. */
async function settle(
  { ledger, life }: ProducerParts,
  item: Item,
  receipt: Promise<Receipt>,
  open: Set<Item>,
): Promise<void> {
  const outcome = await receipt.then(
    (stored) => () => ledger.acknowledged(item, stored),
    () => () => ledger.refused(item),
  );
  // A process that died meanwhile is told nothing.
  if (life.dead) return;
  open.delete(item);
  outcome();
}

function draw(
  { stream, producer, index, life, random }: ProducerParts,
  count: number,
  counts: Map<string, number>,
): Item {
  // Some keys are hotter than others.
  const which = Math.floor(random.next() ** 2 * producer.keys);
  const key = `p${index}-k${which}`;
  const explicitHashKey = explicitFor(new Random(index * 1000 + which), producer.hashKeyShare);
  const n = counts.get(key) ?? 0;
  counts.set(key, n + 1);
  const id = `${life.name}/${key}/${n}#${count}`;
  const poison = random.chance(producer.poisonShare)
    ? 'throws'
    : random.chance(producer.garbledShare)
      ? 'garbled'
      : 'none';
  const bytes = itemBytes(id, poison, random.between(24, producer.largestBytes));
  const series = `${life.name}/${key}`;
  return { id, stream: stream.name, key, explicitHashKey, n, series, bytes, poison };
}

/**
 * Where a key's records say they belong, if they do: always the same place, or they had no order. The ends of the hash space and
 * what is on either side of where shards are split are the places where one off is another shard.
 */
function explicitFor(random: Random, share: number): string | undefined {
  if (!random.chance(share)) return undefined;
  const middle = (MAX_HASH_KEY + 1n) / 2n;
  const anywhere = hashKeyOf(`${random.next()}`);
  return String(random.pick([0n, MAX_HASH_KEY, middle - 1n, middle, middle / 2n, anywhere, anywhere]));
}
