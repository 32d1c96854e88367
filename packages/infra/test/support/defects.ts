/** A known defect of the classic template, its scripts and its tables, and what finds it. */
export interface Defect {
  readonly number: number;
  readonly what: string;
  /** What finds it, in which fixture; or why no rule on templates can. */
  readonly found:
    | {
        readonly yaml?: readonly string[];
        readonly tf?: readonly string[];
        readonly beside?: readonly string[];
      }
    | { readonly no: string };
}

const handler = 'the code of a handler: what `@millrace/kinesis/lambda` does instead';
const consumer = 'the code of a consumer: what `createConsumer` does instead';
const producer = 'the code of a producer: what `createProducer` does instead';
const prose = 'a table of limits in prose: `millrace limits` says what holds';
const script = 'a script: `millrace metrics` does its job';

/** All 58, in the order of the analysis they come from. */
export const defects: readonly Defect[] = [
  { number: 1, what: 'batchItemFailures are ignored', found: { yaml: ['KST001'], tf: ['KST001'] } },
  { number: 2, what: 'the handler goes on after a failure', found: { no: handler } },
  { number: 3, what: 'names that are not imported or defined', found: { no: handler } },
  { number: 4, what: 'no difference between poison and transient failures', found: { no: handler } },
  { number: 5, what: 'no look at the time that is left', found: { no: handler } },
  { number: 6, what: 'no idempotency', found: { no: handler } },
  { number: 7, what: 'neither aggregates nor compression are read', found: { no: handler } },
  { number: 8, what: 'payloads are printed', found: { no: handler } },
  { number: 9, what: 'a list that only grows', found: { no: handler } },
  { number: 10, what: 'the inline handler answers statusCode', found: { yaml: ['KST027'] } },
  { number: 11, what: 'LATEST, and checkpoints that are only printed', found: { no: consumer } },
  { number: 12, what: 'children of closed shards are never read', found: { no: consumer } },
  { number: 13, what: 'an empty page is read forever', found: { no: consumer } },
  { number: 14, what: 'a dead iterator is used forever', found: { no: consumer } },
  { number: 15, what: 'more than 5 reads a second', found: { no: consumer } },
  { number: 16, what: 'checkpoints before or after, nobody knows', found: { no: consumer } },
  { number: 17, what: 'a waiter that does not exist', found: { no: consumer } },
  { number: 18, what: 'a consumer that is there already', found: { no: consumer } },
  { number: 19, what: 'a subscription that is never renewed', found: { no: consumer } },
  { number: 20, what: 'the limit of fan-out consumers', found: { no: consumer } },
  { number: 21, what: 'the second failure is not looked at', found: { no: producer } },
  { number: 22, what: 'a thrown error loses 500 records', found: { no: producer } },
  { number: 23, what: 'timers are left, the idle tail is never sent', found: { no: producer } },
  { number: 24, what: 'no size limits, no back-pressure', found: { no: producer } },
  { number: 25, what: 'retries break the order of keys', found: { no: producer } },
  { number: 26, what: 'errors are not told apart', found: { no: producer } },
  { number: 27, what: 'shard quota of 2023', found: { no: prose } },
  { number: 28, what: 'records or bytes, instead of both', found: { no: prose } },
  { number: 29, what: 'largest record 1 MB', found: { no: prose } },
  { number: 30, what: 'reads without the pause after 10 MB', found: { no: prose } },
  { number: 31, what: 'partition keys measured in bytes', found: { no: prose } },
  { number: 32, what: 'on-demand, fan-out and retention are missing', found: { no: prose } },
  { number: 33, what: 'no FunctionResponseTypes', found: { yaml: ['KST001'], tf: ['KST001'] } },
  {
    number: 34,
    what: 'tries are limited, and no failure destination',
    found: { yaml: ['KST005'], tf: ['KST005'], beside: ['KST002', 'KST039', 'KST051'] },
  },
  {
    number: 35,
    what: 'no largest record age',
    found: { yaml: ['KST004'], tf: ['KST004'], beside: ['KST040'] },
  },
  { number: 36, what: 'LATEST', found: { yaml: ['KST003'], tf: ['KST003'] } },
  { number: 37, what: 'no EventCount metrics', found: { yaml: ['KST020'], tf: ['KST020'] } },
  { number: 38, what: 'batch size and parallelization fixed', found: { yaml: ['KST028'], tf: ['KST028'] } },
  { number: 39, what: 'no filter, no fan-out', found: { yaml: ['KST041'], tf: ['KST041'] } },
  { number: 40, what: 'physical names', found: { yaml: ['KST017'] } },
  { number: 41, what: 'no deletion policy', found: { yaml: ['KST018'] } },
  { number: 42, what: 'no capacity mode', found: { yaml: ['KST029'], beside: ['KST010'] } },
  {
    number: 43,
    what: 'the key of AWS, and no policy for another',
    found: {
      no: "a choice: that key needs no permission but cannot be used from other accounts. KST006 finds a key of one's own that the function may not use, KST022 none at all",
    },
  },
  {
    number: 44,
    what: 'managed policies instead of permissions',
    found: { yaml: ['KST023'], beside: ['KST007', 'KST051'] },
  },
  {
    number: 45,
    what: 'runtime, log group, tracing, architecture, concurrency, alarm on failures',
    found: { yaml: ['KST031', 'KST032', 'KST042'], beside: ['KST011', 'KST043'] },
  },
  {
    number: 46,
    what: 'one alarm, of a name; a topic nobody subscribes to, open and in the clear',
    found: { yaml: ['KST016', 'KST024', 'KST025', 'KST026', 'KST044', 'KST045'] },
  },
  { number: 47, what: 'an alarm that goes quiet', found: { yaml: ['KST019'], beside: ['KST009'] } },
  { number: 48, what: 'nothing exported, parameters without bounds', found: { yaml: ['KST033', 'KST046'] } },
  {
    number: 49,
    what: 'a module that cannot be planned, without versions or alarms',
    found: { tf: ['KST034', 'KST035', 'KST037'] },
  },
  {
    number: 50,
    what: 'the same omissions of the mapping',
    found: { tf: ['KST001', 'KST004', 'KST005', 'KST020', 'KST041'] },
  },
  { number: 51, what: 'all shard metrics, always', found: { tf: ['KST036'] } },
  {
    number: 52,
    what: 'no capacity mode, largest record, consumer deletion, prevent_destroy',
    found: { tf: ['KST018', 'KST029', 'KST047'] },
  },
  { number: 53, what: 'counts taken for rates', found: { no: script } },
  {
    number: 54,
    what: 'an alarm at the first throttled call',
    found: { beside: ['KST050'] },
  },
  {
    number: 55,
    what: 'an age of 60 s that no retention is behind',
    found: { yaml: ['KST048'], beside: ['KST049'] },
  },
  { number: 56, what: 'most metrics are missing', found: { yaml: ['KST045'], beside: ['KST043'] } },
  { number: 57, what: 'points that are missing, unsorted and meaningless', found: { no: script } },
  { number: 58, what: 'a dashboard that is none', found: { no: script } },
];
