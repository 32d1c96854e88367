import type { Contestant } from './contestant.ts';
import { drive, openCaller, serialise } from './driver.ts';

const IN_FLIGHT = 8;
const RECORDS = 500;
let streams = 0;

/** A stream that takes records. */
export async function createStream(server: Contestant, shards: number): Promise<string> {
  const name = `bench-${streams++}`;
  await once(server, 'CreateStream', { StreamName: name, ShardCount: shards });
  for (;;) {
    const { StreamDescription: found } = await once(server, 'DescribeStream', { StreamName: name });
    if ((found as { StreamStatus: string }).StreamStatus === 'ACTIVE') return name;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function deleteStream(server: Contestant, stream: string): Promise<void> {
  await once(server, 'DeleteStream', { StreamName: stream, EnforceConsumerDeletion: true });
}

/** Records of `bytes` put with 8 calls of 500 in flight, for `forMs` or until `records` are put; records a second. */
export async function put(
  server: Contestant,
  stream: string,
  bytes: number,
  until: { readonly ms?: number; readonly records?: number },
): Promise<number> {
  const requests = Array.from({ length: 4 }, (_, turn) => putRequest(server, stream, bytes, turn));
  const { ms = Number.POSITIVE_INFINITY, records = Number.POSITIVE_INFINITY } = until;
  const { units, seconds } = await drive(
    server.port,
    IN_FLIGHT,
    (calls, elapsed) => elapsed >= ms || calls * RECORDS >= records,
    async (caller, turn) => {
      const answer = await caller.call(requests[turn % requests.length] as Buffer);
      if (turn === 0 && !answer.includes('"FailedRecordCount":0')) throw new Error(answer.toString());
      return RECORDS;
    },
  );
  return units / seconds;
}

/** Reads a stream of one shard from its beginning to its end once; how many records there are. */
export async function recordsIn(server: Contestant, stream: string): Promise<number> {
  const reader = await openCaller(server.port);
  let total = 0;
  let request = await firstPage(server, stream);
  for (;;) {
    const answer = await reader.call(request);
    const { records, next } = pageOf(answer);
    total += records;
    if (records === 0 || next === undefined) break;
    request = server.request('GetRecords', { ShardIterator: next, Limit: 10_000 });
  }
  reader.close();
  return total;
}

/** Reads a stream of one shard from its beginning, 8 readers at once; records a second. */
export async function read(server: Contestant, stream: string, ms: number): Promise<number> {
  const first = await firstPage(server, stream);
  const { units, seconds } = await drive(
    server.port,
    IN_FLIGHT,
    (_calls, elapsed) => elapsed >= ms,
    async (caller) => {
      let count = 0;
      let request = first;
      for (;;) {
        const answer = await caller.call(request);
        const { records, next } = pageOf(answer);
        count += records;
        if (records === 0 || next === undefined || answer.includes('"MillisBehindLatest":0')) return count;
        request = server.request('GetRecords', { ShardIterator: next, Limit: 10_000 });
      }
    },
  );
  return units / seconds;
}

/** One page as the server answers it, for the floor to send. */
export async function page(server: Contestant, stream: string): Promise<Buffer> {
  const caller = await openCaller(server.port);
  const answer = await caller.call(await firstPage(server, stream));
  caller.close();
  return answer;
}

/** Pages of the floor; records a second. */
export async function readCanned(server: Contestant, records: number, ms: number): Promise<number> {
  const request = server.request('GetRecords', { ShardIterator: 'x'.repeat(200), Limit: 10_000 });
  const { units, seconds } = await drive(
    server.port,
    IN_FLIGHT,
    (_calls, elapsed) => elapsed >= ms,
    async (caller) => {
      pageOf(await caller.call(request));
      return records;
    },
  );
  return units / seconds;
}

/** From the sending of a PutRecord to its arrival at a reader that polls without pause, 200 records a second. */
export async function latencies(server: Contestant, count: number): Promise<readonly number[]> {
  const stream = await createStream(server, 1);
  const reader = await openCaller(server.port);
  const seen: number[] = [];
  const { sent, done } = putSteadily(server, stream, count);
  let request = await firstPage(server, stream);
  while (seen.length < count) {
    const answer = await reader.call(request);
    const { records, next } = pageOf(answer);
    const now = performance.now();
    for (let at = 0; at < records; at++) seen.push(now - (sent[seen.length] ?? now));
    request = server.request('GetRecords', { ShardIterator: next, Limit: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  reader.close();
  await deleteStream(server, stream);
  return seen.toSorted((a, b) => a - b);
}

/** Puts 200 records a second one by one; `sent` fills with when each was. */
export function putSteadily(
  server: Contestant,
  stream: string,
  count: number,
): { readonly sent: readonly number[]; readonly done: Promise<void> } {
  const sent: number[] = [];
  const write = async (): Promise<void> => {
    const writer = await openCaller(server.port);
    const begin = performance.now();
    for (let turn = 0; turn < count; turn++) {
      const wait = begin + turn * 5 - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      sent.push(performance.now());
      await writer.call(putOneRequest(server, stream));
    }
    writer.close();
  };
  return { sent, done: write() };
}

/** The page that the floor answers GetRecords with from now on. */
export async function teachFloor(server: Contestant, body: Buffer): Promise<void> {
  const request = serialise(server.port, 'Teach', {});
  const caller = await openCaller(server.port);
  const end = request.indexOf('\r\n\r\n');
  const head = request
    .subarray(0, end)
    .toString()
    .replace('POST', 'PUT')
    .replace(/content-length: \d+/, `content-length: ${body.length}`);
  await caller.call(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]));
  caller.close();
}

/** One call on a connection of its own. */
export async function once(
  server: Contestant,
  operation: string,
  input: object,
): Promise<Record<string, unknown>> {
  const caller = await openCaller(server.port);
  const answer = await caller.call(server.request(operation, input));
  caller.close();
  return answer.length === 0 ? {} : (JSON.parse(answer.toString()) as Record<string, unknown>);
}

async function firstPage(server: Contestant, stream: string): Promise<Buffer> {
  const { ShardIterator } = await once(server, 'GetShardIterator', {
    StreamName: stream,
    ShardId: 'shardId-000000000000',
    ShardIteratorType: 'TRIM_HORIZON',
  });
  return server.request('GetRecords', { ShardIterator, Limit: 10_000 });
}

/** How many records a page has and where the next begins, without parsing it: the client is not what is measured. */
function pageOf(answer: Buffer): { readonly records: number; readonly next: string | undefined } {
  const edge = 1500;
  const last = answer.subarray(Math.max(edge, answer.length - edge));
  const ends = answer.subarray(0, edge).toString('latin1') + last.toString('latin1');
  const next = /"NextShardIterator":"([^"]+)"/.exec(ends)?.[1];
  let records = 0;
  for (
    let at = answer.indexOf('"SequenceNumber"');
    at >= 0;
    at = answer.indexOf('"SequenceNumber"', at + 150)
  ) {
    records++;
  }
  return { records, next };
}

/** Keys of 200 customers, so that a server may remember what they hash to as it does for real ones. */
function putRequest(server: Contestant, stream: string, bytes: number, seed: number): Buffer {
  const Records = Array.from({ length: RECORDS }, (_, at) => ({
    Data: payload(bytes, seed * RECORDS + at),
    PartitionKey: `customer-${String((seed * 7919 + at * 104_729) % 20_000).padStart(6, '0')}`,
  }));
  return server.request('PutRecords', { StreamName: stream, Records });
}

function putOneRequest(server: Contestant, stream: string): Buffer {
  return server.request('PutRecord', {
    StreamName: stream,
    Data: payload(100, 1),
    PartitionKey: 'customer-1',
  });
}

function payload(bytes: number, seed: number): string {
  return Buffer.alloc(bytes, `{"id":${seed},"total":${(seed * 31) % 10_007},"note":"`).toString('base64');
}
