import process from 'node:process';

import { count } from './progress.ts';
import type { Verdict } from './verdict.ts';

/** The verdict as a person reads it, on stdout. */
export function printVerdict(verdict: Verdict): void {
  const good = verdict.lost === 0 && verdict.orderViolations === 0;
  const rows: readonly (readonly [string, string, string])[] = [
    ['sent', count(verdict.sent), 'flights whose put was acknowledged'],
    ['stored', count(verdict.stored), 'flights found by reading the stream again'],
    ['processed', count(verdict.processed), 'flights the workers wrote down'],
    ['lost', count(verdict.lost), 'sent and never processed'],
    [
      'order violations',
      count(verdict.orderViolations),
      'first deliveries behind a later flight of the same airport',
    ],
    ['duplicates', count(verdict.duplicates), why(verdict.duplicates)],
    ['latency p50', `${verdict.latencyMs.p50} ms`, 'from put to processed'],
    [
      'latency p99',
      `${verdict.latencyMs.p99} ms`,
      'the killed worker’s shards waited for their leases to expire',
    ],
    ['wall time', `${verdict.seconds} s`, ''],
  ];
  const lines = rows.map(([name, value, note]) =>
    `  ${name.padEnd(17)}${value.padStart(11)}   ${note}`.trimEnd(),
  );
  process.stdout.write(
    `\n${lines.join('\n')}\n\n${good ? 'Nothing lost, every airport in order.' : 'NOT GOOD.'}\n`,
  );
}

function why(duplicates: number): string {
  return duplicates === 0
    ? 'deliveries of a flight delivered before'
    : 'handled by the killed worker after its last checkpoint, so handled again';
}
