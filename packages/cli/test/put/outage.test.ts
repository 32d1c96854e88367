import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import type { WriteOutcome } from '@millrace/kinesis/producer';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createFakeKinesis, failure, refused, storeAll } from '../support/fake-kinesis.ts';
import { runCli } from '../support/run-cli.ts';

const gone = (): never => {
  throw failure('ENDPOINT_UNREACHABLE', true);
};
const never = (): Promise<never> => new Promise(() => {});

test('a service that goes away for good is told of, and ends it after a deadline, not with the last line', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis({
    write: (entries, call) => (call === 1 ? storeAll(entries) : gone()),
  });
  const startedAt = clock.monotonic();
  const running = runCli(['put', 'orders', '--deadline', '20s'], {
    stdin: 'x\n'.repeat(100_000),
    clock,
    doors: kinesis.doors,
  });
  const { code, stderr } = await drive(clock, running);
  expect(code).toBe(6);
  expect(clock.monotonic() - startedAt).toBeLessThan(25_000);
  expect(stderr).toContain(
    'warning: nothing can be put into orders: ENDPOINT_UNREACHABLE: It failed with ENDPOINT_UNREACHABLE.; each record is tried again for 20 s',
  );
  expect(stderr).toMatch(
    /trying again for 10 s: 2,0\d\d under way, the last call failed with ENDPOINT_UNREACHABLE/,
  );
  expect(stderr).not.toContain('trying again for 11 s');
  expect(stderr).toMatch(/stopped early: nothing after line 2,[45]\d\d of the input was sent/);
});

test('a service that never stores anything has the exit code of what is wrong with it', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis({ write: gone });
  const running = runCli(['put', 'orders'], { stdin: 'x\ny\n', clock, doors: kinesis.doors });
  const { code, stderr } = await drive(clock, running);
  expect(code).toBe(1);
  expect(stderr).toContain('2 records not stored');
});

test('a service that comes back is told of, and nothing is lost', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis({
    write: (entries, call): readonly WriteOutcome[] => {
      if (call === 1 || clock.monotonic() > 8000) return storeAll(entries);
      return entries.map(() => refused('InternalFailure'));
    },
  });
  const running = runCli(['put', 'orders'], { stdin: 'x\n'.repeat(9000), clock, doors: kinesis.doors });
  const { code, stderr } = await drive(clock, running);
  expect(code).toBe(0);
  expect(kinesis.stored).toHaveLength(9000);
  expect(stderr).toContain('nothing can be put into orders: InternalFailure: no');
  expect(stderr).toMatch(/orders takes records again, after \d+ s/);
});

test('on a terminal each second is told of', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis({ write: gone });
  const running = runCli(['put', 'orders', '--deadline', '5s'], {
    stdin: 'x\ny\n',
    clock,
    tty: { stderr: true },
    doors: kinesis.doors,
  });
  const { stderr } = await drive(clock, running);
  expect(stderr).toContain('trying again for 2 s: 2 under way');
  expect(stderr).toContain('trying again for 3 s: 2 under way');
});

/** A service that takes the first call and is gone; at its third, the user presses Ctrl-C. */
async function interrupted(argv: readonly string[]): Promise<{
  readonly code: number;
  readonly stderr: string;
  readonly lost: number;
  readonly tookMs: number;
}> {
  const clock = createManualClock();
  const user = new AbortController();
  let pressedAt = Number.NaN;
  const kinesis = createFakeKinesis({
    write: (entries, call) => {
      if (call === 1) return storeAll(entries);
      if (call === 3) {
        pressedAt = clock.monotonic();
        queueMicrotask(() => user.abort());
      }
      return gone();
    },
  });
  // It has no end: only stopping to read can end this.
  const stdin = new PassThrough();
  stdin.write('x\n'.repeat(1200));
  const running = runCli(['put', 'orders', ...argv], {
    stdin,
    clock,
    signal: user.signal,
    doors: kinesis.doors,
  });
  const { code, stderr } = await drive(clock, running);
  return { code, stderr, lost: 1200 - kinesis.stored.length, tookMs: clock.monotonic() - pressedAt };
}

test('Ctrl-C while nothing can be stored ends it at once, with what was not stored and not sent', async () => {
  const { code, stderr, lost, tookMs } = await interrupted([]);
  expect(code).toBe(130);
  expect(tookMs).toBeLessThan(100);
  expect(lost).toBeGreaterThan(0);
  expect(stderr).toContain(`${lost} records not stored`);
  expect(stderr).toContain('stopped early: nothing after line 1,200 of the input was sent');
});

test('what Ctrl-C kept from being stored is in the dead-letter file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  const path = join(folder, 'dead');
  const { code, lost } = await interrupted(['--dead-letter', path]);
  expect(code).toBe(130);
  expect((await readFile(path, 'utf8')).match(/x/g)).toHaveLength(lost);
  await rm(folder, { recursive: true });
});

test('Ctrl-C while a call is not answered waits for it no longer than five seconds', async () => {
  const clock = createManualClock();
  const user = new AbortController();
  const kinesis = createFakeKinesis({
    write: () => {
      queueMicrotask(() => user.abort());
      return never();
    },
  });
  const running = runCli(['put', 'orders'], {
    stdin: 'x\n',
    clock,
    signal: user.signal,
    doors: kinesis.doors,
  });
  const { code, stderr } = await drive(clock, running);
  expect(code).toBe(130);
  expect(clock.monotonic()).toBeLessThan(5100);
  expect(stderr).toContain('1 record not stored');
});
