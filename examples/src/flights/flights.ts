import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { decompress } from 'fzstd';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type AsyncBuffer } from 'hyparquet';
import { defineStream, MillraceError, type StreamDefinition } from '@millrace/kinesis';

/** One real flight of 2001, as it travels. */
export interface Flight {
  /** Its row in the data set: what tells two flights apart. Rows are in order of departure. */
  readonly id: number;
  readonly date: string;
  readonly origin: string;
  readonly destination: string;
  /** Minutes. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** When it was put, milliseconds since the epoch. */
  readonly sentAt: number;
}

export const flights: StreamDefinition<Flight> = defineStream<Flight>({
  name: 'flights',
  key: (flight) => flight.origin,
});

/** Where the npm package `vega-datasets` keeps the data. Throws `DATA_MISSING`. */
export function findFlightData(folder: string = packageFolder()): string {
  const file = join(folder, 'data', 'flights-3m.parquet');
  if (existsSync(file)) return file;
  throw new MillraceError('DATA_MISSING', `${file} is not there.`, {
    advice: 'Run npm ci: it comes with the vega-datasets package.',
    path: file,
  });
}

/** The first `count` flights, read a slice at a time so that three million need no more memory than one slice. */
export async function* readFlights(path: string, count: number, now: () => number): AsyncGenerator<Flight> {
  const file = await open(path);
  const metadata = await parquetMetadataAsync(file);
  const total = Math.min(count, Number(metadata.num_rows));
  const compressors = { ZSTD: (input: Uint8Array, size: number) => decompress(input, new Uint8Array(size)) };
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = Math.min(total, start + Number(group.num_rows));
    if (start >= end) return;
    const rows = await parquetReadObjects({ file, metadata, rowStart: start, rowEnd: end, compressors });
    for (const [index, row] of rows.entries()) yield toFlight(row, start + index, now());
    start = end;
  }
}

async function open(path: string): Promise<AsyncBuffer> {
  try {
    return await asyncBufferFromFile(path);
  } catch (cause) {
    throw new MillraceError('DATA_MISSING', `${path} cannot be read.`, {
      advice: 'Run npm ci: it comes with the vega-datasets package.',
      path,
      cause,
    });
  }
}

function toFlight(row: Readonly<Record<string, unknown>>, id: number, sentAt: number): Flight {
  const { date, origin, destination, delay, distance } = row;
  return {
    id,
    date: date instanceof Date ? date.toISOString() : String(date),
    origin: String(origin),
    destination: String(destination),
    delay: Number(delay),
    distance: Number(distance),
    sentAt,
  };
}

function packageFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('vega-datasets')));
}
