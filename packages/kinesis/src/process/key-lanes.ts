import { Watermark } from './watermark.ts';

/**
 * Handles records side by side, those of one key one after the other in their order. `handle` answers false to stop. At most
 * `concurrency` run at once; when one fails or stops, those running finish and no other is started. Rejects with the first
 * error. `advanced` is told each time everything up to a record is done, and how many records that adds.
 */
export async function handleByKey<R>(records: readonly R[], options: ByKeyOptions<R>): Promise<void> {
  const { handle, advanced } = options;
  for (const [index, record] of records.entries()) {
    const done = handle(record);
    if (typeof done !== 'boolean') return handleBesides(records.slice(index), done, options);
    if (!done) return;
    advanced(record, 1);
  }
}

export interface ByKeyOptions<R> {
  readonly keyOf: (record: R) => string;
  readonly concurrency: number;
  readonly handle: (record: R) => boolean | Promise<boolean>;
  readonly advanced: (last: R, count: number) => void;
}

/** From the first record on that takes its time: `begun` is what will become of it. What is done at once needs no lanes. */
async function handleBesides<R>(
  records: readonly R[],
  begun: Promise<boolean>,
  { keyOf, concurrency, handle, advanced }: ByKeyOptions<R>,
): Promise<void> {
  const watermark = new Watermark(records.length, (index, count) => {
    const last = records[index];
    if (last !== undefined) advanced(last, count);
  });
  const lanes = [...groupByKey(records, keyOf).values()];
  let next = 0;
  let stopped = false;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let lane = lanes[next++]; lane !== undefined && !stopped; lane = lanes[next++]) {
      for (const index of lane) {
        if (stopped) return;
        const record = records[index];
        if (record === undefined) continue;
        try {
          // One that is done at once must not cost a promise.
          const done = index === 0 ? begun : handle(record);
          if (typeof done === 'boolean' ? done : await done) watermark.finish(index);
          else stopped = true;
        } catch (error) {
          failure ??= { error };
          stopped = true;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, lanes.length) }, work));
  if (failure !== undefined) throw failure.error;
}

/** Lanes, as places in `records`, in the order of their first, so that the watermark moves as soon as it can. */
function groupByKey<R>(records: readonly R[], keyOf: (record: R) => string): ReadonlyMap<string, number[]> {
  const lanes = new Map<string, number[]>();
  for (const [index, record] of records.entries()) {
    const key = keyOf(record);
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, [index]);
    else lane.push(index);
  }
  return lanes;
}
