import type { CheckpointExtras, Lease, LeaseStore } from '@millrace/kinesis/lease';

import type { LeaseWrite } from '../check/lease-book.ts';
import { itemToLease } from '../../packages/kinesis/src/aws/lease-item.ts';
import { createDynamoDBLeaseStore } from '../../packages/kinesis/src/aws/lease-store.ts';
import type { DynamoTable, TableInput } from './dynamo-table.ts';
import type { Life } from './life.ts';
import type { LeaseWire } from './memory-leases.ts';

/** What the port's calls that write nothing come to. */
const reads: ReadonlyMap<string, string> = new Map([
  ['ScanCommand', 'list'],
  ['GetItemCommand', 'get'],
]);

/** The library's own store for DynamoDB, in front of a table that lives somewhere else: every request may go astray. */
export function dynamoLeases(table: DynamoTable, life: Life, wire: LeaseWire): LeaseStore {
  const client = { send: (command: object) => send(table, life, wire, command) };
  // A client's `send` is overloaded for each of a hundred commands; this one tells them apart at run time.
  const store = createDynamoDBLeaseStore({ client: client as never, table: 'leases', clock: life.clock });
  // A condition that fails is half of a conversation here; whether a holder was turned away is told at its end.
  const judged =
    <Rest extends unknown[]>(
      write: LeaseWrite,
      call: (lease: Lease, ...rest: Rest) => Promise<Lease | undefined>,
    ) =>
    async (lease: Lease, ...rest: Rest): Promise<Lease | undefined> => {
      const answer = await call(lease, ...rest);
      if (answer === undefined) wire.book.refused(life, write, lease);
      return answer;
    };
  return {
    ...store,
    renew: judged('renew', (lease) => store.renew(lease)),
    checkpoint: judged('checkpoint', (lease, ...rest: Reached) => store.checkpoint(lease, ...rest)),
  };
}

type Reached = [checkpoint: Parameters<LeaseStore['checkpoint']>[1], extras?: CheckpointExtras];

async function send(table: DynamoTable, life: Life, wire: LeaseWire, command: object): Promise<object> {
  const { network, book, timeline } = wire;
  const { name } = command.constructor;
  const input = inputOf(command);
  const leaseKey = input.Key?.['leaseKey']?.S ?? input.Item?.['leaseKey']?.S ?? '';
  const write = writeOf(name, input);
  const sentAt = timeline.now;
  const answer = await network.call({
    life,
    port: 'leases',
    operation: write ?? reads.get(name) ?? name,
    subject: leaseKey,
    effect: async () => {
      if (write === undefined) return table.execute(name, input);
      const seen = input.ExpressionAttributeValues?.[':seen']?.N;
      const before = leaseAt(table, leaseKey);
      const outcome = attempt(() => table.execute(name, input));
      if ('error' in outcome) throw outcome.error;
      const after = leaseAt(table, leaseKey);
      book.wrote({
        life,
        write,
        leaseKey,
        before,
        after,
        seen: seen === undefined ? undefined : Number(seen),
      });
      return outcome.answer;
    },
  });
  const lease = 'Attributes' in answer ? itemToLease(Object(answer.Attributes)) : undefined;
  if (write !== undefined && lease !== undefined) book.confirmed(life, write, lease, sentAt);
  return answer;
}

function writeOf(command: string, { UpdateExpression: update = '' }: TableInput): LeaseWrite | undefined {
  if (command === 'PutItemCommand') return 'create';
  if (command === 'DeleteItemCommand') return 'delete';
  if (command !== 'UpdateItemCommand') return undefined;
  if (update.includes('checkpointOwner = ') || update.includes('leaseOwner = :holder')) return 'ask';
  if (update.includes('leaseOwner = ')) return 'take';
  if (/ REMOVE (?:leaseOwner|checkpointOwner)/.test(update)) return 'release';
  return update.includes('checkpoint = ') ? 'checkpoint' : 'renew';
}

function leaseAt(table: DynamoTable, leaseKey: string): ReturnType<typeof itemToLease> {
  const item = table.get(leaseKey);
  return item && itemToLease(item);
}

function inputOf(command: object): TableInput {
  return 'input' in command ? Object(command.input) : {};
}

function attempt(run: () => object): { readonly answer: object } | { readonly error: unknown } {
  try {
    return { answer: run() };
  } catch (error) {
    return { error };
  }
}
