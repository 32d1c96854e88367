import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Lease } from '@millrace/kinesis/lease';
import { createFileLeaseStore } from '@millrace/kinesis/memory';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { leaseStoreGuarantees } from '@millrace/kinesis/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
let path: string;
let files = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-leases-'));
  path = join(folder, 'group.json');
});
afterEach(() => rm(folder, { recursive: true }));

const lease: Lease = {
  leaseKey: '123456789012:orders:1767225600:shardId-000000000001',
  shardId: 'shardId-000000000001',
  streamIdentifier: '123456789012:orders:1767225600',
  counter: 41,
  owner: 'ключ',
  ownerSwitchesSinceCheckpoint: 2,
  checkpoint: { sequenceNumber: toSequenceNumber('9'.repeat(129)), subSequenceNumber: 17 },
  parentShardIds: ['shardId-000000000000'],
  childShardIds: [],
  hashRange: { start: 0n, end: 2n ** 128n - 1n },
  parked: new Map([['two\nlines', { sequenceNumber: toSequenceNumber('7'), subSequenceNumber: 3 }]]),
};

describe('the lease store in a file', () => {
  test.each(leaseStoreGuarantees)('$name', async ({ run }) => {
    await expect(run(() => createFileLeaseStore(join(folder, `${++files}.json`)))).resolves.toBeUndefined();
  });

  test('what was written is there for the next process, to the last digit', async () => {
    await createFileLeaseStore(path).create(lease);
    const next = createFileLeaseStore(path);
    expect(await next.list()).toEqual([lease]);
    expect((await next.take(lease, 'other'))?.counter).toBe(42);
    expect((await createFileLeaseStore(path).get(lease.leaseKey))?.owner).toBe('other');
  });

  test('every write that was answered is on the disk, also of many at once', async () => {
    const store = createFileLeaseStore(path);
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await store.create({ ...lease, leaseKey: `lease-${index}` });
        expect(await readFile(path, 'utf8')).toContain(`"lease-${index}"`);
      }),
    );
    expect(await createFileLeaseStore(path).list()).toHaveLength(50);
  });

  test('a file half written beside it, as a crash leaves one, changes nothing', async () => {
    await createFileLeaseStore(path).create(lease);
    await writeFile(`${path}.new`, '{"version":1,"leases":[\n{"leaseK');
    const store = createFileLeaseStore(path);
    expect(await store.list()).toEqual([lease]);
    await store.delete(lease.leaseKey);
    expect(await createFileLeaseStore(path).list()).toEqual([]);
  });

  test.each(['', '{', '[]', '{"version":2,"leases":[]}', '{"version":1,"leases":[{"leaseKey":"a"}]}'])(
    'a file that holds %j is not taken for leases, and is left alone',
    async (text) => {
      await writeFile(path, text);
      await expect(createFileLeaseStore(path).list()).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      await expect(createFileLeaseStore(path).create(lease)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  test('a folder that is not there is told, as something that may pass', async () => {
    const store = createFileLeaseStore(join(folder, 'not-there', 'group.json'));
    await expect(store.create(lease)).rejects.toMatchObject({ code: 'SERVICE_FAILED', retryable: true });
  });
});
