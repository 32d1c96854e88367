import process from 'node:process';
import { styleText } from 'node:util';

import type { WorkerState } from './workers.ts';

/** What a person wants to see while it runs. */
export interface Snapshot {
  readonly seconds: number;
  readonly total: number;
  readonly sent: number;
  readonly processed: number;
  /** Age of the oldest flight sent and not yet processed, milliseconds. */
  readonly lagMs: number;
  readonly workers: readonly {
    readonly workerId: string;
    readonly state: WorkerState;
    readonly shards: readonly { readonly shardId: string }[];
  }[];
}

/** Tells how the run goes, on stderr: a block redrawn in place on a terminal, a plain line every two seconds elsewhere. */
export class Progress {
  readonly #terminal = process.stderr.isTTY;
  #drawn = 0;
  #last: Snapshot | undefined;
  #printedAt = 0;

  /** Something happened that stays on the screen. */
  say(text: string): void {
    this.#erase();
    process.stderr.write(`${text}\n`);
  }

  show(snapshot: Snapshot): void {
    if (!this.#terminal && snapshot.seconds - this.#printedAt < 2) return;
    const lines = describe(snapshot, rates(this.#last, snapshot));
    this.#last = snapshot;
    this.#printedAt = snapshot.seconds;
    if (!this.#terminal) {
      process.stderr.write(`${lines.map((line) => line.trim()).join(' · ')}\n`);
      return;
    }
    this.#erase();
    process.stderr.write(`${lines.map((line) => styleText('dim', line)).join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) process.stderr.write(`\u001B[${this.#drawn}A\u001B[0J`);
    this.#drawn = 0;
  }
}

interface Rates {
  readonly sent: number;
  readonly processed: number;
}

function describe(snapshot: Snapshot, rate: Rates): readonly string[] {
  const { seconds, total, sent, processed, lagMs, workers } = snapshot;
  const percent = Math.floor((100 * sent) / total);
  return [
    `  ${seconds.toFixed(0).padStart(3)} s  sent ${count(sent)} of ${count(total)} (${percent} %, ${count(rate.sent)}/s)`,
    `         processed ${count(processed)} (${count(rate.processed)}/s), ${count(sent - processed)} to go, lag ${(lagMs / 1000).toFixed(1)} s`,
    ...workers.map(({ workerId, state, shards }) => {
      const names = shards.map(({ shardId }) => Number(shardId.slice(-12))).toSorted((a, b) => a - b);
      return `         ${workerId} ${state === 'running' ? `holds ${names.length} shards: ${names.join(' ') || '–'}` : `is ${state}`}`;
    }),
  ];
}

function rates(before: Snapshot | undefined, now: Snapshot): Rates {
  const seconds = now.seconds - (before?.seconds ?? 0);
  if (seconds <= 0) return { sent: 0, processed: 0 };
  return {
    sent: (now.sent - (before?.sent ?? 0)) / seconds,
    processed: (now.processed - (before?.processed ?? 0)) / seconds,
  };
}

/** A number a person can read: 200,000. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
