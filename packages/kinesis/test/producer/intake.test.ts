import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Intake, type Arrival } from '../../src/producer/intake.ts';
import type { OutgoingRecord } from '../../src/record/record.ts';

const limit = { bytes: 1000, mustLearn: () => false, learn: async () => {} };

class Guest implements Arrival {
  readonly n: number;
  readonly offered: Arrival['offered'];
  readonly signal: AbortSignal | undefined;
  readonly #log: string[];
  bytes: number | undefined;

  constructor(n: number, offered: Arrival['offered'], log: string[], signal?: AbortSignal) {
    this.n = n;
    this.offered = offered;
    this.signal = signal;
    this.#log = log;
  }

  enter(_record: OutgoingRecord, bytes: number): void {
    this.bytes = bytes;
    this.#log.push(`${this.n} in`);
  }

  refuse(): void {
    this.#log.push(`${this.n} refused`);
  }
}

const record = (bytes: number): OutgoingRecord => ({ partitionKey: 'k', data: new Uint8Array(bytes) });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what is inside never passes the limit, whoever comes and goes, and all are let in as they came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          bytes: fc.nat({ max: 1200 }),
          slow: fc.boolean(),
          abort: fc.constantFrom(false, false, false, true),
          leave: fc.nat({ max: 3 }),
        }),
        { maxLength: 40 },
      ),
      async (visits) => {
        const maxBytes = 3000;
        const intake = new Intake({ stream: 's', maxBytes, limit, keyless: false });
        const log: string[] = [];
        const guests: Guest[] = [];
        const inside = (): Guest[] => guests.filter(({ bytes }) => bytes !== undefined);
        const leave = (guest: Guest | undefined): void => {
          if (guest?.bytes === undefined) return;
          intake.leave(guest.bytes);
          guest.bytes = undefined;
        };
        for (const [n, { bytes, slow, abort, leave: leaving }] of visits.entries()) {
          const giveUp = abort ? new AbortController() : undefined;
          const offered = slow ? turn().then(() => record(bytes)) : record(bytes);
          const guest = new Guest(n, offered, log, giveUp?.signal);
          guests.push(guest);
          intake.arrive(guest);
          giveUp?.abort();
          if (leaving === 0) leave(inside()[0]);
          if (leaving === 1) await turn();
          expect(intake.bytesInside).toBeLessThanOrEqual(maxBytes);
        }
        for (let rounds = 0; rounds < 200 && log.length < visits.length; rounds++) {
          for (const guest of inside()) leave(guest);
          await turn();
        }
        expect(log).toHaveLength(visits.length);
        const order = log.filter((line) => line.endsWith(' in')).map((line) => Number(line.split(' ')[0]));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        // Only what is too large, and what was given up, is refused.
        const fits = visits.flatMap(({ bytes, abort }, n) => (bytes < 1000 && !abort ? [`${n} in`] : []));
        const tooLarge = visits.flatMap(({ bytes }, n) => (bytes > 999 ? [`${n} refused`] : []));
        expect(log).toEqual(expect.arrayContaining([...fits, ...tooLarge]));
        for (const guest of inside()) leave(guest);
        expect(intake.bytesInside).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('one that is larger than the limit of memory is let in when nothing else is inside', () => {
  const intake = new Intake({
    stream: 's',
    maxBytes: 1024,
    limit: { ...limit, bytes: 5000 },
    keyless: false,
  });
  const log: string[] = [];
  intake.arrive(new Guest(0, record(4000), log));
  expect(log).toEqual(['0 in']);
});

test('closing refuses all who wait at the door', async () => {
  const intake = new Intake({ stream: 's', maxBytes: 1024, limit, keyless: false });
  const log: string[] = [];
  for (let n = 0; n < 4; n++) intake.arrive(new Guest(n, record(700), log));
  intake.close(new Error('closed') as never);
  await turn();
  expect(log).toEqual(['0 in', '1 refused', '2 refused', '3 refused']);
});
