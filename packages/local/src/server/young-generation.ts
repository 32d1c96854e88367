import { setFlagsFromString } from 'node:v8';

/**
 * For a process that does nothing but serve, before it does: keeps V8's young generation as small as it begins. Bodies
 * of requests count against the old generation while they wait for the young one to be collected, and the larger that
 * has grown the later it is: V8 would mark its whole heap for every few hundred PutRecords, and finds nothing. A program
 * with a Kinesis in it should leave this alone, since it is about all that the program does.
 *
 * @example
 * ```ts
 * keepYoungGenerationSmall();
 * const server = await startServer({ port: 4567 });
 * ```
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
