import { setTimeout as sleep } from 'node:timers/promises';

import { startDaemon, type Daemon, type Told } from '../../../interop/aws-kcl/daemon.ts';
import type { IdleFigures, IdleTask, ReadFigures, ReadTask } from '../../consumer/group-reader.ts';
import { usageOf } from './process-tree.ts';

/** What the daemon and its processes need to read; they tell how much they have handled, and checkpoint after every batch. */
export async function readByDaemon(
  endpoint: string,
  { stream, group, retrieval, pollMs, records }: ReadTask,
): Promise<ReadFigures> {
  const properties = {
    failoverTimeMillis: 3000,
    idleTimeBetweenReadsInMillis: pollMs,
    retrievalMode: retrieval === 'polling' ? 'POLLING' : 'FANOUT',
  };
  let seen = 0;
  let rssMiB = 0;
  let first: { readonly at: number; readonly cpuMicros: number } | undefined;
  let complete: ((figures: ReadFigures) => void) | undefined;
  const completed = new Promise<ReadFigures>((resolve) => (complete = resolve));
  const onTold = (told: Told): void => {
    if (told.what !== 'count') return;
    first ??= { at: performance.now(), cpuMicros: usageOf(daemon.pid ?? 0).cpuMicros };
    seen += told.count;
    if (seen < records) return;
    const seconds = (performance.now() - first.at) / 1000;
    complete?.({ seconds, cpuMicros: usageOf(daemon.pid ?? 0).cpuMicros - first.cpuMicros, rssMiB });
  };
  await using daemon: Daemon = await startDaemon({
    endpoint,
    stream,
    group,
    properties,
    tell: 'counts',
    onTold,
  });
  const sampling = setInterval(() => (rssMiB = Math.max(rssMiB, usageOf(daemon.pid ?? 0).rssMiB)), 50);
  try {
    return await Promise.race([completed, daemon.ended]);
  } finally {
    clearInterval(sampling);
  }
}

/** With the pace the library comes with. */
export async function idleByDaemon(
  endpoint: string,
  { stream, group, shards, seconds }: IdleTask,
): Promise<IdleFigures> {
  const begun = new Set<string>();
  const onTold = ({ shardId }: Told): void => void begun.add(shardId);
  const properties = { idleTimeBetweenReadsInMillis: 1500 };
  await using daemon = await startDaemon({ endpoint, stream, group, properties, tell: 'counts', onTold });
  while (begun.size < shards) await Promise.race([sleep(50), daemon.ended]);
  await sleep(5000);
  const before = usageOf(daemon.pid ?? 0);
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const after = usageOf(daemon.pid ?? 0);
  const percentOfCore = (after.cpuMicros - before.cpuMicros) / 10 / (performance.now() - startedAt);
  return { percentOfCore, rssMiB: after.rssMiB };
}
