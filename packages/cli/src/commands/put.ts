import { isMillraceError, rawStream, type StreamDefinition } from '@millrace/kinesis';
import { createProducer, type Producer, type Receipt } from '@millrace/kinesis/producer';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import type { Line } from '../io/lines.ts';
import { openDeadLetter, type DeadLetter } from '../put/dead-letter.ts';
import { Failures } from '../put/failures.ts';
import { failFast } from '../put/first-contact.ts';
import { Gate } from '../put/gate.ts';
import { Outage } from '../put/outage.ts';
import { openInput, readAll, readLines, type Input } from '../put/input.ts';
import { createItemReader, looksLikeRecordLine, recordOf, type Item, type ItemReader } from '../put/items.ts';
import { createPace, parseRate, type Pace } from '../put/rate.ts';
import { records, tellResult, wantsReceipts } from '../put/summary.ts';

/** `millrace put`. */
export async function put(context: CommandContext): Promise<ExitCode> {
  const { options, io, notes, clock } = context;
  const [stream = '', value] = context.args;
  const reader = createItemReader({
    key: options.textOrNone('key'),
    hashKey: options.textOrNone('hash-key'),
    clock,
  });
  const rate = options.textOrNone('rate');
  const recordsPerSecond = rate === undefined ? undefined : parseRate(rate);
  const definition: StreamDefinition<Item, Uint8Array> = {
    ...rawStream(stream),
    encode: recordOf,
  };
  const resources: { close(): Promise<void> }[] = [];
  try {
    const input = await openInput(value, io);
    resources.push(input);
    const path = options.textOrNone('dead-letter');
    const deadLetter = path === undefined ? undefined : await openDeadLetter(path);
    if (deadLetter !== undefined) resources.push(deadLetter);
    const kinesis = await context.openKinesis();
    resources.push(kinesis);
    if (input.name === 'stdin' && io.isTTY.stdin) notes.info('reading lines; end with Ctrl-D');
    const pace = recordsPerSecond === undefined ? undefined : createPace(recordsPerSecond, clock);
    return await new PutRun(context, { stream, input, reader, definition, deadLetter, pace, kinesis }).run();
  } finally {
    for (const resource of resources.toReversed()) await resource.close();
  }
}

interface Parts {
  readonly stream: string;
  readonly input: Input;
  readonly reader: ItemReader;
  readonly definition: StreamDefinition<Item, Uint8Array>;
  readonly deadLetter: DeadLetter | undefined;
  readonly pace: Pace | undefined;
  readonly kinesis: Kinesis;
}

const MiB = 1024 * 1024;
/** How long one who has stopped it waits for what is under way. */
const drainMs = 5000;

class PutRun {
  readonly #context: CommandContext;
  readonly #parts: Parts;
  readonly #failures = new Failures();
  readonly #gate: Gate;
  /** No further record is read once this fires: the user wants to stop, or every record would fail. */
  readonly #stop = new AbortController();
  readonly #outage: Outage;
  #delivered = 0;
  #lastLine = 0;

  constructor(context: CommandContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    // Enough for four full calls of 500; an aggregate holds many, and would leave half full.
    this.#gate = new Gate(context.options.flag('aggregate') ? 4000 : 2000);
    const { options, clock, notes, io } = context;
    this.#outage = new Outage({
      stream: parts.stream,
      deadlineMs: options.number('deadline'),
      clock,
      notes,
      isTTY: io.isTTY.stderr,
    });
  }

  async run(): Promise<ExitCode> {
    const { clock, signal } = this.#context;
    const { stream, input, deadLetter } = this.#parts;
    const startedAt = clock.monotonic();
    const producer = this.#createProducer();
    const onSignal = (): void => this.#interrupt(producer);
    signal.addEventListener('abort', onSignal, { once: true });
    if (signal.aborted) onSignal();
    using _ = this.#watch(startedAt);
    try {
      await this.#putAll(producer);
    } finally {
      await producer.close();
      signal.removeEventListener('abort', onSignal);
    }
    await deadLetter?.ready();
    const delivered = this.#delivered;
    const { fatal, error, count } = this.#failures;
    // One cause for all of it is told as an error of its own.
    const isOneCause = fatal !== undefined || (count === 1 && !signal.aborted);
    if (delivered === 0 && isOneCause) throw fatal ?? error;
    const interrupted = this.#stop.signal.aborted && input.name !== '';
    const elapsedMs = clock.monotonic() - startedAt;
    const path = deadLetter && this.#context.options.textOrNone('dead-letter');
    await tellResult(
      {
        stream,
        delivered,
        failures: this.#failures,
        elapsedMs,
        interrupted,
        lastLine: this.#lastLine,
        deadLetter: path,
      },
      this.#context,
    );
    const code = this.#failures.exitCode(delivered);
    return code === exitCode.ok && interrupted ? exitCode.interrupted : code;
  }

  /** What is under way may end; what nobody stores need not be waited for. */
  #interrupt(producer: Producer<Item>): void {
    this.#stop.abort();
    const drain = this.#outage.lasts > 0 ? 0 : drainMs;
    this.#context.notes.info('stopping: waiting for what is under way; Ctrl-C again ends it at once');
    void producer.close({ drain });
  }

  #createProducer(): Producer<Item> {
    const { options, clock } = this.#context;
    const { definition, kinesis } = this.#parts;
    const { writer, reader } = kinesis.connection;
    const maxRecordKiB = options.numberOrNone('max-record-kib');
    return createProducer(
      definition,
      { writer: this.#outage.watch(failFast(writer)), reader },
      {
        ordering: options.text('ordering') === 'key' ? 'key' : 'none',
        aggregation: options.flag('aggregate') ? 'key' : 'none',
        deadline: options.number('deadline'),
        ...(maxRecordKiB !== undefined && { maxRecordBytes: maxRecordKiB * 1024 }),
        // Small requests, and not much more than are under way: a pipe needs no more, and memory is the terminal's.
        maxBufferedBytes: 8 * MiB,
        maxRequestBytes: MiB,
        clock,
      },
    );
  }

  async #putAll(producer: Producer<Item>): Promise<void> {
    const receipts = wantsReceipts(this.#context.options);
    await producer.putMany(this.#admitted(), {
      onReceipt: (receipt, item) => {
        this.#gate.leave();
        this.#delivered++;
        if (receipts) this.#tellReceipt(receipt, item);
      },
      onFailure: (error, item) => {
        this.#gate.leave();
        this.#failures.add(error, item);
        this.#parts.deadLetter?.add(item.line.bytes);
        // The next records would have the same fate.
        if (this.#failures.fatal !== undefined || this.#isHopeless) this.#stop.abort();
      },
    });
  }

  /** Whether nothing was stored for as long as a record is tried. */
  get #isHopeless(): boolean {
    return this.#outage.lasts >= this.#context.options.number('deadline');
  }

  /** The records in the order of the input, each when there is room and it is time for it. */
  async *#admitted(): AsyncGenerator<Item, void, undefined> {
    const { options, out } = this.#context;
    const { pace, deadLetter } = this.#parts;
    const { signal } = this.#stop;
    const most = options.numberOrNone('num') ?? Number.POSITIVE_INFINITY;
    const receipts = wantsReceipts(options);
    let taken = 0;
    for await (const { lines, read } of this.#lines()) {
      for (const line of lines) {
        const wait = pace?.(signal);
        if (wait !== undefined) await wait.catch(ignoreAbort);
        const full = this.#gate.enter();
        if (full !== undefined) await full;
        if (receipts) await out.ready();
        if (this.#failures.count > 0) await deadLetter?.ready();
        if (signal.aborted) return;
        this.#lastLine = line.number;
        yield read(line);
        if (++taken >= most) return;
      }
    }
  }

  /** The lines of the input, and what makes records of them. */
  async *#lines(): AsyncGenerator<{ readonly lines: readonly Line[]; readonly read: (line: Line) => Item }> {
    const { input, reader } = this.#parts;
    const { signal } = this.#stop;
    const format = this.#context.options.text('in');
    if (format === 'raw' || (format === 'auto' && input.name === '')) {
      const line = await readAll(input, signal);
      if (!signal.aborted) yield { lines: [line], read: reader.plain };
      return;
    }
    let read = format === 'auto' ? undefined : format === 'ndjson' ? reader.recordLine : reader.plain;
    for await (const lines of readLines(input, signal)) {
      read ??= this.#guess(lines[0]);
      yield { lines, read };
    }
  }

  #guess(first: Line | undefined): (line: Line) => Item {
    const { reader } = this.#parts;
    if (first === undefined || !looksLikeRecordLine(first)) return reader.plain;
    this.#context.notes.info(
      'the input is records as millrace tail writes them; --in lines puts the lines themselves',
    );
    return reader.recordLine;
  }

  #tellReceipt({ shardId, sequenceNumber, subSequenceNumber, attempts }: Receipt, item: Item): void {
    const { out, io, options } = this.#context;
    const { stream } = this.#parts;
    const { partitionKey } = recordOf(item);
    if (io.isTTY.stdout && !options.flag('json')) out.push(`${shardId} ${sequenceNumber}\n`);
    else {
      const line = item.line.number;
      const receipt = {
        v: 1,
        stream,
        shardId,
        sequenceNumber,
        subSequenceNumber,
        partitionKey,
        attempts,
        line,
      };
      out.push(`${JSON.stringify(receipt)}\n`);
    }
  }

  /** Says every second how far it is, if it was asked to, and that nothing goes on, if that is so. */
  #watch(startedAt: number): Disposable {
    const { clock, notes, options } = this.#context;
    let before = 0;
    const tell = (): void => {
      timer = clock.timer(1000, tell);
      if (this.#outage.lasts > 0) {
        this.#outage.tell(this.#gate.inside);
        return;
      }
      if (!options.flag('progress')) return;
      const seconds = Math.round((clock.monotonic() - startedAt) / 1000);
      const failed = this.#failures.count === 0 ? '' : `, ${this.#failures.count} failed`;
      notes.progress(
        `${seconds} s: ${records(this.#delivered)} stored, ${(this.#delivered - before).toLocaleString('en-US')}/s${failed}`,
      );
      before = this.#delivered;
    };
    let timer = clock.timer(1000, tell);
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}

function ignoreAbort(error: unknown): void {
  if (!isMillraceError(error, 'ABORTED')) throw error;
}
