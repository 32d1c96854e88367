/**
 * For a process that does nothing but serve: keeps V8's young generation from growing over 8 MiB, both its halves
 * together. Bodies of requests count against the old generation while they wait for the young one to be collected, and
 * the larger that is the later it comes: V8 would mark its whole heap for every few hundred PutRecords, and find
 * nothing. Smaller still, what a GetRecords is made of would outlive it. A program with a Kinesis in it should leave this
 * alone, since it is about all that the program does.
 *
 * @example
 * ```ts
 * const server = await startServer({ port: 4567 });
 * await keepYoungGenerationSmall();
 * ```
 */
export async function keepYoungGenerationSmall(): Promise<void> {
  // Loaded once it serves, so that it serves sooner.
  const [{ PerformanceObserver }, { getHeapSpaceStatistics, setFlagsFromString }] = await Promise.all([
    import('node:perf_hooks'),
    import('node:v8'),
  ]);
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if ((young?.space_size ?? 0) < youngBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  // It grows when it is collected.
  observer.observe({ entryTypes: ['gc'] });
}

const youngBytes = 8 * 1024 * 1024;
