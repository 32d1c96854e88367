import type { Putter } from './submission.ts';
import type { PutCount } from './put-each.ts';

interface Submitter<In> {
  submit(value: In, putter: Putter<In>): void;
  flush(): Promise<PutCount>;
}

/**
 * A stream into a producer. A write is done when the record has been let in, so memory stays bounded and records still
 * travel together; the stream errors with the first record that cannot be stored.
 */
export function createWritable<In>(producer: Submitter<In>): WritableStream<In> {
  let failure: { readonly error: unknown } | undefined;
  return new WritableStream<In>({
    write: (value, controller) =>
      new Promise((resolve) => {
        producer.submit(value, {
          admitted: resolve,
          stored: () => {},
          refused: (error) => {
            failure ??= { error };
            controller.error(error);
          },
        });
      }),
    async close() {
      await producer.flush();
      // An error told while the stream is closing does not keep it from closing well.
      if (failure !== undefined) throw failure.error;
    },
  });
}
