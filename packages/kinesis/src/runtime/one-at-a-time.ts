/**
 * The task, done once for all who ask while it is under way; they wait for the same end.
 *
 * @example
 * ```ts
 * const refresh = oneAtATime(() => list());
 * await Promise.all([refresh(), refresh()]); // listed once
 * ```
 */
export function oneAtATime(task: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () => {
    underWay ??= task().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
