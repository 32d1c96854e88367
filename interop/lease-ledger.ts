import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { compareCheckpoints, holderOf, type Lease, type LeaseStore } from '@millrace/kinesis/lease';

/** Keeps a book of every write to the leases of a group, from whichever library, and of each that nobody should have made. */
export interface LeaseLedger extends AsyncDisposable {
  /** Workers use this as their DynamoDB. */
  readonly endpoint: string;
  /** Successful writes to leases. */
  readonly writes: number;
  /** How often a lease passed from one worker to another. */
  readonly switches: number;
  /** Conditional writes refused: somebody else was faster. */
  readonly refused: number;
  readonly violations: readonly string[];
}

/**
 * A DynamoDB door that looks at the lease before and after each write. One lease is written at a time, so what changed is
 * what this write did.
 */
export async function startLeaseLedger(dynamodb: string, store: LeaseStore): Promise<LeaseLedger> {
  const book = { writes: 0, switches: 0, refused: 0, violations: [] as string[] };
  const turns = new Map<string, Promise<unknown>>();
  const watched = async (leaseKey: string, by: string, write: () => Promise<Answer>): Promise<Answer> => {
    const turn = (turns.get(leaseKey) ?? Promise.resolve()).then(async () => {
      const before = await store.get(leaseKey);
      const answer = await write();
      if (answer.status !== 200) book.refused++;
      else {
        const after = await store.get(leaseKey);
        book.writes++;
        if (before?.owner !== undefined && after?.owner !== undefined && before.owner !== after.owner)
          book.switches++;
        if (before !== undefined && after !== undefined) book.violations.push(...wrongs(before, after, by));
      }
      return answer;
    });
    turns.set(
      leaseKey,
      turn.catch(() => {}),
    );
    return turn;
  };
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await buffer(incoming);
      const forwarded = (): Promise<Answer> => forward(dynamodb, incoming, body);
      const leaseKey = writtenLease(incoming, body);
      const answer =
        leaseKey === undefined ? await forwarded() : await watched(leaseKey, library(incoming), forwarded);
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    })().catch((error: unknown) => {
      book.violations.push(`the door failed: ${String(error)}`);
      outgoing.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get writes() {
      return book.writes;
    },
    get switches() {
      return book.switches;
    },
    get refused() {
      return book.refused;
    },
    get violations() {
      return book.violations;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What the two libraries may do to each other's leases: take them, and nothing else. Workers are named for their library. */
function wrongs(before: Lease, after: Lease, by: string): readonly string[] {
  const place = `${before.leaseKey} by ${by}: ${JSON.stringify({ before, after }, jsonable)}`;
  const moved = compareCheckpoints(after.checkpoint, before.checkpoint);
  const holder = holderOf(before);
  const ours = holder?.startsWith(by) ?? false;
  const found: string[] = [];
  if (moved < 0) found.push(`a checkpoint went back, ${place}`);
  if (moved !== 0 && !ours) found.push(`a checkpoint by another than the holder, ${place}`);
  const kept = before.owner === after.owner && before.checkpointOwner === after.checkpointOwner;
  if (kept && after.counter !== before.counter && holder !== undefined && !ours)
    found.push(`a heartbeat by another than the holder, ${place}`);
  if (after.counter !== before.counter && after.counter !== before.counter + 1)
    found.push(`a counter that skips, ${place}`);
  return found;
}

function jsonable(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** The lease an UpdateItem is about. */
function writtenLease({ headers }: IncomingMessage, body: Buffer): string | undefined {
  if (!String(headers['x-amz-target']).endsWith('.UpdateItem')) return undefined;
  const { Key: key } = JSON.parse(body.toString('utf8')) as {
    readonly Key?: { readonly leaseKey?: { readonly S?: string } };
  };
  const leaseKey = key?.leaseKey?.S;
  return leaseKey?.startsWith('shardId-') === true ? leaseKey : undefined;
}

function library({ headers }: IncomingMessage): string {
  return String(headers['user-agent']).includes('aws-sdk-java') ? 'java' : 'ours';
}

async function forward(to: string, { headers, method, url }: IncomingMessage, body: Buffer): Promise<Answer> {
  const outgoing = request(new URL(url ?? '/', to), { method, headers: { ...headers, connection: 'close' } });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = incoming.headers;
  return { status: incoming.statusCode ?? 500, headers: kept, body: await buffer(incoming) };
}
