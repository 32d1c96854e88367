/**
 * What a handler costs beside the user's own work: records per second on one core, how long a cold function waits for its
 * import, and how many bytes are deployed. Beside Powertools, and the loop people write by hand.
 *
 * All decode the same JSON of 200 bytes. The loop by hand is the floor: it stops at the first failure and opens no aggregates.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { bundle, importTime, median } from './lambda/cold.ts';
import {
  aggregatedEvent,
  bareLoop,
  bareLoopOfAggregates,
  ledger,
  loopByKey,
  ours,
  plainEvent,
  powertools,
  type Run,
} from './lambda/handlers.ts';
import { progress, report, runCase, type Contestant } from './harness.ts';

const peerVersion = version('@aws-lambda-powertools/batch');
const peer = `@aws-lambda-powertools/batch@${peerVersion}`;
const [only] = process.argv.slice(2);

for (const records of [100, 10_000]) {
  const event = plainEvent(records);
  const run = (handler: Run): Contestant => contestant(handler, event, records);
  await measure({
    bench: 'lambda',
    case: `sync-${records}`,
    unit: 'records/s',
    ours: run(ours({}, false)),
    peers: { [peer]: run(powertools('sync')) },
    floor: run(bareLoop(false)),
  });
  await measure({
    bench: 'lambda',
    case: `async-${records}`,
    unit: 'records/s',
    ours: run(ours({}, true)),
    peers: { [peer]: run(powertools('in order')) },
    floor: run(bareLoop(true)),
  });
  // Powertools has no order by key; who wants it writes it by hand. The floor is what does neither.
  for (const [name, mode, byHand] of [
    ['by-key', 'ordered-by-key', { 'by key, by hand': run(loopByKey) }],
    ['parallel', 'parallel', {}],
  ] as const) {
    await measure({
      bench: 'lambda',
      case: `${name}-async-${records}`,
      unit: 'records/s',
      ours: run(ours({ mode }, true)),
      peers: { [`${peer} (parallel)`]: run(powertools('parallel')), ...byHand },
      floor: run(bareLoop(true)),
    });
  }
}
const aggregated = aggregatedEvent(10_000);
await measure({
  bench: 'lambda',
  case: 'aggregated-10000',
  unit: 'records/s',
  ours: contestant(ours({}, false), aggregated, 10_000),
  peers: {
    [`aws-kinesis-agg@${version('aws-kinesis-agg')}`]: contestant(bareLoopOfAggregates, aggregated, 10_000),
  },
});

const ourMinimal = await bundle('./minimal.mjs');
const peerMinimal = await bundle('./minimal-powertools.mjs');

if (only === undefined || only === 'import') {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const deploy = (name: string, code: Uint8Array): string => {
    writeFileSync(join(folder, name), code);
    return pathToFileURL(join(folder, name)).href;
  };
  compareImports('import', deploy('ours.mjs', ourMinimal), deploy('peer.mjs', peerMinimal));
  compareImports('import-unbundled', '@millrace/kinesis/lambda', '@aws-lambda-powertools/batch');
  rmSync(folder, { recursive: true });
}

if (only === undefined || only === 'size') {
  for (const format of ['esm', 'cjs'] as const) {
    const mine = await bundle('./minimal.mjs', format);
    const theirs = await bundle('./minimal-powertools.mjs', format);
    const agg = await bundle('./minimal-agg.mjs', format);
    const byHand = await bundle('./minimal-by-hand.mjs', format);
    for (const [what, size] of [
      ['minified', (code: Uint8Array) => code.length],
      ['gzipped', (code: Uint8Array) => gzipSync(code, { level: 9 }).length],
    ] as const) {
      report({
        bench: 'lambda',
        case: `bundle-${format}-${what}`,
        unit: 'bytes',
        ours: size(mine),
        peers: { [`${peer} (no aggregates)`]: size(theirs), 'aws-kinesis-agg, by hand': size(agg) },
        floor: size(byHand),
        better: 'lower',
      });
    }
  }
}

function compareImports(name: string, mine: string, theirs: string): void {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 15; round++) {
    times[0].push(importTime(mine));
    times[1].push(importTime(theirs));
    progress(`lambda ${name}: round ${round + 1} of 15`);
  }
  report({
    bench: 'lambda',
    case: name,
    unit: 'ms',
    ours: rounded(median(times[0])),
    peers: { [peer]: rounded(median(times[1])) },
    better: 'lower',
  });
}

/** Handles the event once, and proves that every record was. */
function contestant(handler: Run, event: Parameters<Run>[0], records: number): Contestant {
  return async () => {
    const before = ledger.orders;
    const { batchItemFailures } = await handler(event);
    if (batchItemFailures.length > 0 || ledger.orders - before !== records)
      throw new Error('records are missing');
    return records;
  };
}

async function measure(benchCase: Parameters<typeof runCase>[0]): Promise<void> {
  if (only === undefined || benchCase.case.startsWith(only))
    await runCase(benchCase, { rounds: 41, roundMs: 25 });
}

function version(name: string): string {
  const manifest = JSON.parse(
    readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  ) as {
    readonly version: string;
  };
  return manifest.version;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
