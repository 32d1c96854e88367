import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { optionError } from '@millrace/kinesis/runtime';
import { createShardMap, evenRanges, type HashRange } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { documentFormat } from '../io/document.ts';
import { renderTable } from '../io/table.ts';
import { bar } from '../io/sparkline.ts';
import { visible } from '../io/visible.ts';
import { adviseOnKeys } from '../keys/key-advice.ts';
import { certainKeys } from '../keys/certain-keys.ts';
import { KeyPlan, type KeyPlanReport } from '../keys/key-plan.ts';
import {
  isFile,
  readFileRecords,
  readStreamRecords,
  type KeyRecord,
  type OnKeyRecord,
} from '../keys/key-records.ts';
import { keyTemplate } from '../record/key-template.ts';
import { listShards } from '../shards/list-shards.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace keys analyze`. */
export async function keysAnalyze(context: CommandContext): Promise<ExitCode> {
  const { options, args } = context;
  const [source = ''] = args;
  const shards = options.numberOrNone('shards');
  const key = options.textOrNone('key');
  const template = key === undefined ? undefined : keyTemplate(key, context.clock);
  if (await isFile(source)) {
    if (shards === undefined)
      throw optionError('--shards', undefined, 'a number of shards, when a file is analyzed');
    const analysis = new Analysis(context, evenRanges(shards), template?.keyOf);
    await readFileRecords(context, source, analysis.take);
    return analysis.tell();
  }
  return withKinesis(context, async (kinesis) => {
    const listed = createShardMap(await listShards(kinesis, source, context));
    const ranges =
      shards === undefined ? listed.shards.map(({ hashRange }) => hashRange) : evenRanges(shards);
    const analysis = new Analysis(context, ranges, template?.keyOf);
    await readStreamRecords(kinesis, context, analysis.take);
    return analysis.tell();
  });
}

/** The keys as they are, and each proposal beside them. */
class Analysis {
  readonly #context: CommandContext;
  readonly #now: KeyPlan;
  readonly #proposed: KeyPlan | undefined;
  readonly #salted: KeyPlan | undefined;
  readonly #keyOf: ((value: unknown) => string) | undefined;
  readonly #salt: number;
  readonly #most: number;
  #records = 0;
  #bytes = 0;
  #withoutKey = 0;
  #ownKeys = 0;

  constructor(
    context: CommandContext,
    ranges: readonly HashRange[],
    keyOf: ((value: unknown) => string) | undefined,
  ) {
    const { options } = context;
    this.#context = context;
    this.#keyOf = keyOf;
    this.#salt = options.numberOrNone('salt') ?? 1;
    this.#most = options.number('num');
    this.#now = new KeyPlan('as it is', ranges);
    this.#proposed = keyOf && new KeyPlan(`--key ${options.textOrNone('key') ?? ''}`, ranges);
    this.#salted = this.#salt > 1 ? new KeyPlan(`--salt ${this.#salt}`, ranges) : undefined;
  }

  readonly take: OnKeyRecord = (record) => {
    const proposed = this.#proposedKey(record);
    const key = proposed ?? record.partitionKey;
    if (key === undefined) this.#withoutKey++;
    else {
      const { bytes } = record;
      if (record.partitionKey !== undefined) {
        this.#ownKeys++;
        this.#now.add(record.partitionKey, bytes + record.partitionKey.length);
      }
      this.#proposed?.add(key, bytes + key.length);
      // In turn, so that the parts are even, as a producer that counts would do it.
      const salted = `${key}-${this.#records % this.#salt}`;
      this.#salted?.add(salted, bytes + salted.length);
      this.#bytes += bytes;
      this.#records++;
    }
    return this.#records < this.#most;
  };

  async tell(): Promise<ExitCode> {
    const { options, notes, out, args, io } = this.#context;
    const [source = ''] = args;
    if (this.#records === 0) throw this.#nothing(source);
    if (this.#withoutKey > 0) {
      notes.warn(`${showNumber(this.#withoutKey)} records have no key and are left out`);
    }
    const top = options.number('top');
    // Lines that are no records yet have only what is proposed.
    const plans = [this.#ownKeys > 0 ? this.#now : undefined, this.#proposed, this.#salted]
      .filter((plan) => plan !== undefined)
      .map((plan) => plan.report(top));
    const advice = adviseOnKeys(plans);
    if (documentFormat(this.#context) !== 'table') {
      const document = { source, records: this.#records, bytes: this.#bytes, plans, advice };
      await out.line(
        options.flag('json') && io.isTTY.stdout
          ? JSON.stringify(document, undefined, 2)
          : JSON.stringify(document),
      );
      return exitCode.ok;
    }
    await out.write(`${visible(source)}: ${showNumber(this.#records)} records, ${showBytes(this.#bytes)}\n`);
    for (const plan of plans) await this.#tellPlan(plan);
    await out.write(`\n${advice.map((line) => `${visible(line)}\n`).join('')}`);
    return exitCode.ok;
  }

  #proposedKey({ value }: KeyRecord): string | undefined {
    try {
      return this.#keyOf?.(value);
    } catch (error) {
      if (isMillraceError(error, 'RECORD_INVALID')) return undefined;
      throw error;
    }
  }

  async #tellPlan({ name, distinctKeys, exact, hottest, shards, imbalance }: KeyPlanReport): Promise<void> {
    const { out } = this.#context;
    const keys = `${exact ? '' : '~'}${showNumber(distinctKeys)} keys`;
    await out.write(
      `\n${visible(name)}: ${keys}, the fullest shard has ${imbalance.toFixed(2)} times the mean\n`,
    );
    await out.write(
      renderTable(
        shards.map((shard, index) => ({ ...shard, index })),
        [
          { title: 'SHARD', cell: ({ index }) => String(index), align: 'right' },
          { title: 'RECORDS', cell: ({ records }) => showNumber(records), align: 'right' },
          { title: 'BYTES', cell: ({ bytes }) => showBytes(bytes), align: 'right' },
          { title: 'SHARE', cell: ({ share }) => `${bar(share, 20)} ${percent(share).padStart(7)}` },
        ],
        this.#context,
      ),
    );
    const certain = certainKeys(hottest);
    const list = certain.map(({ partitionKey, share }) => `${visible(partitionKey)} ${percent(share)}`);
    const other = hottest.find((key) => !certain.includes(key));
    if (other !== undefined)
      list.push(`${list.length === 0 ? 'none, each' : 'any other'} under ${percent(other.share)}`);
    await out.write(`hottest: ${list.join(', ')}\n`);
  }

  #nothing(source: string): MillraceError {
    const none = this.#withoutKey > 0;
    return new MillraceError(
      'DATA_MISSING',
      none ? `No record of ${source} has such a key.` : `There is no record in ${source} to analyze.`,
      {
        advice: none
          ? 'Give --key .field that the records have; lines that are no records of tail need one.'
          : 'Give a --range further back, or another file.',
        got: source,
      },
    );
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
