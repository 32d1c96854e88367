import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { streamArn } from '../event-source/kit.ts';
import { newFolder } from './door.ts';
import { call, startServer } from './killed-server.ts';

const kills = 8;

test('a server killed while a mapping runs goes on with it: no record is missed, no acknowledged change lost', async () => {
  const folder = newFolder();
  const ledger = join(newFolder(), 'ledger');
  const sent: string[] = [];
  /** Acknowledged, and under way. */
  let sizes = [1];
  let uuid = '';
  for (let kill = 0; kill < kills; kill++) {
    const server = await startServer(folder, 'process', ledger);
    const mappings = `${server.endpoint}/2015-03-31/event-source-mappings`;
    if (kill === 0) {
      await call(server.endpoint, 'CreateStream', { StreamName: 'orders', ShardCount: 2 });
      ({ UUID: uuid } = await send('POST', mappings, {
        FunctionName: 'bill',
        EventSourceArn: streamArn,
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 1,
      }));
    }
    const { BatchSize: found = 0 } = await send('GET', `${mappings}/${uuid}`);
    expect(sizes).toContain(found);
    const changing = change(`${mappings}/${uuid}`, found, (now) => {
      sizes = now;
    });
    const before = handled(ledger).length;
    while (handled(ledger).length < before + 20 + kill * 7) {
      const ids = Array.from({ length: 5 }, (_, at) => String(sent.length + at).padStart(5, '0'));
      await call(server.endpoint, 'PutRecords', {
        StreamName: 'orders',
        Records: ids.map((id) => ({ Data: Buffer.from(id).toString('base64'), PartitionKey: id })),
      });
      sent.push(...ids);
    }
    await server.kill();
    await changing;
  }
  const last = await startServer(folder, 'process', ledger);
  while (new Set(handled(ledger)).size < sent.length) await turn();
  await last.kill();
  expect([...new Set(handled(ledger))].toSorted()).toEqual(sent);
}, 60_000);

/** Changes it as often as it takes changes, until the server is gone. */
async function change(mapping: string, from: number, tell: (sizes: number[]) => void): Promise<void> {
  let acknowledged = from;
  for (let size = 1; ; size = (size % 50) + 1) {
    tell([acknowledged, size]);
    try {
      const { BatchSize } = await send('PUT', mapping, { BatchSize: size });
      // While it takes up a change it takes no other.
      if (BatchSize === size) acknowledged = size;
    } catch {
      return;
    }
    await turn();
  }
}

function handled(ledger: string): readonly string[] {
  return existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : [];
}

async function send(
  method: string,
  url: string,
  body?: object,
): Promise<{ readonly UUID: string; readonly BatchSize?: number }> {
  const response = await fetch(url, {
    method,
    headers: {
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/b/us-east-1/lambda/aws4_request, SignedHeaders=a, Signature=b',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as { UUID: string; BatchSize?: number };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
