import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createLocalKinesis, type LocalKinesisOptions } from '@millrace/local';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { newFolder, open, recordsOf, type Clock, type Door } from './door.ts';

describe('a torn tail', () => {
  test('is cut wherever it is torn, what stands before it is whole, and writing goes on', async () => {
    const folder = newFolder();
    const clock = createManualClock();
    const first = open(folder, clock);
    await first.service.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    const file = join(folder, 'records', '0000000001.log');
    const sizes = [0];
    for (let put = 0; put < 4; put++) {
      await putOne(first, `record ${put}`);
      sizes.push(readFileSync(file).length);
    }
    first.close();
    const whole = readFileSync(file);
    const from = sizes[2] ?? 0;
    for (let cut = from; cut <= whole.length; cut++) {
      writeFileSync(file, whole.subarray(0, cut));
      const again = open(folder, clock);
      const kept = sizes.filter((size) => size <= cut).length - 1;
      expect(await texts(again)).toEqual(Array.from({ length: kept }, (_, put) => `record ${put}`));
      expect(readFileSync(file).length).toBe(sizes[kept]);
      await putOne(again, 'and on');
      expect((await texts(again)).at(-1)).toBe('and on');
      again.close();
    }
  });

  test('of bytes that were never acknowledged is cut even with whole frames behind it, when power was lost', async () => {
    const folder = newFolder();
    const clock = createManualClock();
    const first = open(folder, clock, { durability: 'fsync' });
    await first.service.call('CreateStream', { StreamName: 's', ShardCount: 1 });
    await putOne(first, 'safe');
    await first.engine.settled();
    const file = join(folder, 'records', '0000000001.log');
    const safe = readFileSync(file).length;
    // Nobody waits for these two: the second reached the disk, of the first only its room.
    void putOne(first, 'lost');
    void putOne(first, 'lost too');
    await first.engine.settled();
    first.close();
    const bytes = readFileSync(file);
    bytes.fill(0, safe, safe + 40);
    writeFileSync(file, bytes);
    const again = open(folder, clock, { durability: 'fsync' });
    expect(await texts(again)).toEqual(['safe']);
    again.close();
  });
});

describe('a damaged file', () => {
  test('is not served, not touched, and repaired only when told to, with all that can be read', async () => {
    const { folder, clock } = await filled(12);
    const file = join(folder, 'records', '0000000002.log');
    const bytes = readFileSync(file);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const before = snapshot(folder);
    for (let turn = 0; turn < 2; turn++) {
      expect(() => open(folder, clock)).toThrow(
        expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining('--repair') }),
      );
    }
    expect(snapshot(folder)).toEqual(before);
    const repaired = open(folder, clock, { repair: true });
    const kept = await texts(repaired);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept).toEqual(
      Array.from({ length: 12 }, (_, put) => `record ${put}`).filter((text) => kept.includes(text)),
    );
    expect(kept).toHaveLength(11);
    await putOne(repaired, 'and on');
    repaired.close();
    expect(readFileSync(`${file}.damaged`)).toEqual(bytes);
    const again = open(folder, clock);
    expect(await texts(again)).toEqual([...kept, 'and on']);
    again.close();
  });

  test('is found whichever byte of an acknowledged frame is another', async () => {
    const { folder, clock } = await filled(3, 1_000_000);
    const file = join(folder, 'records', '0000000001.log');
    const bytes = readFileSync(file);
    const frame = Math.floor(bytes.length / 3);
    for (let at = 0; at < frame; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      writeFileSync(file, changed);
      expect(() => open(folder, clock)).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
    }
  });

  test('of the state is found too, and the state before it serves when told to repair', async () => {
    const { folder, clock } = await filled(2);
    const file = join(folder, 'state.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"name":"s"', '"name":"t"'));
    expect(() => open(folder, clock)).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
    const repaired = open(folder, clock, { repair: true });
    repaired.close();
    expect(existsSync(`${file}.damaged`)).toBe(true);
  });
});

describe('a folder', () => {
  test.each<LocalKinesisOptions>([
    { faults: [{ operation: 'PutRecords', rate: 7 }] },
    { policy: { Statement: [{ Effect: 'Allow', NotResource: '*', Action: '' }] } },
    { verifySignatures: {} },
    { functions: { 'no name': () => {} } },
  ])('is free for who mends an option that was refused: %o', async (refused) => {
    const path = newFolder();
    const opening = createLocalKinesis({ path, ...refused });
    await expect(opening).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    const kinesis = await createLocalKinesis({ path });
    await kinesis.close();
  });

  test('serves one at a time, and is free when its server is gone without a word', async () => {
    const folder = newFolder();
    const clock = createManualClock();
    const first = open(folder, clock);
    expect(() => open(folder, clock)).toThrow(expect.objectContaining({ code: 'FOLDER_LOCKED' }));
    first.close();
    // Left by a process of our number before the machine, or the container, was started anew.
    writeFileSync(join(folder, 'lock'), `${process.pid} another-boot 123`);
    open(folder, clock).close();
    writeFileSync(join(folder, 'lock'), '999999999 any 1');
    open(folder, clock).close();
  });

  test('gives back the room of what has expired, and numbers go on where they were', async () => {
    const { folder, clock } = await filled(40);
    const files = (): number => readdirSync(join(folder, 'records')).length;
    const many = files();
    await clock.advance(25 * 3_600_000);
    const again = open(folder, clock);
    expect(await texts(again)).toEqual([]);
    expect(files()).toBeLessThan(many / 2);
    await putOne(again, 'later');
    again.close();
    const last = open(folder, clock);
    expect(await texts(last)).toEqual(['later']);
    expect(last.engine.stream('s').openShards[0]?.log.next).toBe(42);
    last.close();
  });
});

/** So many records, one call each, in files of a few records. */
async function filled(count: number, segmentBytes: number = 600): Promise<{ folder: string; clock: Clock }> {
  const folder = newFolder(segmentBytes > 600 ? 'big' : '');
  const clock = createManualClock();
  const door = open(folder, clock);
  await door.service.call('CreateStream', { StreamName: 's', ShardCount: 1 });
  for (let put = 0; put < count; put++) await putOne(door, `record ${put}`);
  door.close();
  return { folder, clock };
}

async function putOne({ service }: Door, text: string): Promise<void> {
  await service.call('PutRecord', { StreamName: 's', Data: btoa(text), PartitionKey: 'k' });
}

async function texts(door: Door): Promise<readonly string[]> {
  const records = await recordsOf(door, 's', 'shardId-000000000000');
  return records.map(({ Data }) => (typeof Data === 'string' ? atob(Data) : ''));
}

function snapshot(folder: string): readonly (readonly [string, string])[] {
  return [folder, join(folder, 'records')].flatMap((one) =>
    readdirSync(one, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(one, name), 'base64')] as const),
  );
}
