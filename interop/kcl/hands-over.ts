import assert from 'node:assert/strict';

import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Lease, LeaseStore } from '@millrace/kinesis/lease';

import { isBehind, until, type Handled } from '../handled.ts';
import { besideJava, credentials, oursBeside, type BesideJava, type Kcl } from './stage.ts';

const group = 'hands-over';

/**
 * The graceful hand-off of the KCL 3, in both directions: a lease is asked for as its leader asks (the new owner named, the old
 * one left as the one that may still checkpoint), the holder finishes and gives it over, and the other goes on exactly behind.
 */
export function handsOver(kcl: Kcl): Promise<string> {
  return besideJava(kcl, { group, shards: 4 }, scene);
}

async function scene(stage: BesideJava): Promise<string> {
  const { java, ledger, store, handled, expected, stopFeed } = stage;
  await using ours = oursBeside(stage, group);
  const { running } = ours;
  const alive = [java.ended, running];
  const heldBy = async (owner: string): Promise<readonly Lease[]> =>
    (await store.list()).filter((lease) => lease.owner === owner && lease.checkpointOwner === undefined);
  const even = async (): Promise<boolean> =>
    (await heldBy('java')).length === 2 && (await heldBy('ours')).length === 2;
  await until('each holds two leases', even, alive);

  // From Java to ours first: then ours holds three of four, and one goes back.
  const dynamodb = new DynamoDBClient({ endpoint: ledger.endpoint, region: 'us-east-1', credentials });
  const told: string[] = [];
  for (const [from, to] of [
    ['java', 'ours'],
    ['ours', 'java'],
  ] as const) {
    const tookMs = await handOver({ dynamodb, store, handled, from, to, alive });
    told.push(`${from} to ${to} in ${Math.round(tookMs)} ms`);
  }
  dynamodb.destroy();
  await stopFeed();
  await until('all is handled', () => handled.distinct === expected.length, alive);
  await ours.close();
  await java.stop();
  handled.assertWhole(expected);
  assert.deepEqual(ledger.violations, []);
  return `handed over ${told.join(', ')}: ${expected.length} records, none lost, none of them twice; ${ledger.writes} lease writes, none wrong`;
}

interface HandOver {
  readonly dynamodb: DynamoDBClient;
  readonly store: LeaseStore;
  readonly handled: Handled;
  readonly from: 'java' | 'ours';
  readonly to: 'java' | 'ours';
  readonly alive: readonly Promise<unknown>[];
}

/** Asks for a lease of `from` in the name of `to`, and waits until `to` handles the shard; answers how long that took. */
async function handOver(input: HandOver): Promise<number> {
  const { store, handled, from, to, alive } = input;
  const askedAt = performance.now();
  const { leaseKey, shardId } = await askFor(input);
  const before = handled.of(to, shardId).length;
  await until(
    `${from} has given ${shardId} to ${to}`,
    async () => {
      const lease = await store.get(leaseKey);
      return lease?.owner === to && lease.checkpointOwner === undefined;
    },
    alive,
  );
  await until(`${to} goes on with ${shardId}`, () => handled.of(to, shardId).length > before, alive);
  const tookMs = performance.now() - askedAt;
  const last = handled.of(from, shardId).at(-1);
  const first = handled.of(to, shardId)[before];
  assert.ok(last !== undefined && first !== undefined);
  assert.ok(isBehind(first, last), `${to} goes on behind what ${from} handled of ${shardId}`);
  assert.equal((await store.get(leaseKey))?.owner, to, `${to} keeps ${shardId}`);
  return tookMs;
}

/** Asks as the leader of the KCL 3 does, which knows nothing of who promised what. */
async function askFor({ dynamodb, store, from, to }: HandOver): Promise<Lease> {
  const lease = (await store.list()).find(
    ({ owner, checkpointOwner }) => owner === from && checkpointOwner === undefined,
  );
  assert.ok(lease !== undefined, `${from} has a lease`);
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: group,
      Key: { leaseKey: { S: lease.leaseKey } },
      ConditionExpression: 'leaseOwner = :from AND attribute_not_exists(checkpointOwner)',
      UpdateExpression: 'SET leaseOwner = :to, checkpointOwner = :from',
      ExpressionAttributeValues: { ':from': { S: from }, ':to': { S: to } },
    }),
  );
  return lease;
}
