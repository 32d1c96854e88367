import { parseArgs } from 'node:util';

/** What a run is asked to do. */
export interface Settings {
  readonly records: number;
  /** Flights put a second, at most. */
  readonly rate: number;
  readonly json: boolean;
}

export const usage = `Usage: npm start -- [options]

Streams real flights through an embedded Kinesis into two worker processes, reshards 4 → 8 and kills one worker on the
way, and counts what became of every flight.

  --all          all 3,000,000 flights (default: the first 200,000)
  --records N    the first N flights
  --rate N       flights a second, at most (default 12,500; with --all 60,000)
  --json         the verdict as one JSON line, last on stdout

Exit code 0: nothing lost, every airport's flights in order. 1: something was. 2: options that make no sense.
`;

/** The settings `argv` asks for, or what is wrong with it. */
export function parseSettings(argv: readonly string[]): Settings | { readonly wrong: string } | 'help' {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        all: { type: 'boolean', default: false },
        records: { type: 'string' },
        rate: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const records = Number(values.records ?? (values.all ? 3_000_000 : 200_000));
    const rate = Number(values.rate ?? (values.all ? 60_000 : 12_500));
    if (!Number.isInteger(records) || records < 1) return { wrong: '--records takes a whole number from 1' };
    if (!(rate > 0)) return { wrong: '--rate takes a number above 0' };
    return { records, rate, json: values.json };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
