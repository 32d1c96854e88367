import { exitCodeMeanings } from '../errors/exit-code.ts';

/** A page of `millrace help` that is about no single command. */
export interface Topic {
  readonly name: string;
  readonly text: string;
}

export const topics: readonly Topic[] = [
  {
    name: 'position',
    text: `Positions say where reading begins (tail --from):

  oldest                     the oldest record the stream still keeps
  now                        what arrives from now on
  -90s  -15m  -2h  -3d       so long ago
  2026-11-23T10:00:00Z       a time, ISO 8601 (a date alone is midnight UTC)
  1763892000                 a time, seconds since 1970; 13 digits are milliseconds
  at:<sequence number>       this record; only with one --shard
  after:<sequence number>    the one after it; only with one --shard

A range is A..B of two of them: from A up to, not including, B. ..B begins at the oldest,
A.. ends now. At at:N a range begins with the record N or ends before it, at after:N it ends
with it.
`,
  },
  {
    name: 'where',
    text: `--where keeps the records for which an expression holds:

  value.total > 100 && value.currency == 'EUR'
  key ~ /^eu-/i || headers['content-type'] == 'text/csv'
  value.items[0].sku in ['a1', 'b2'] && !value.test
  value.tags.includes('vip') && size < 1024

A record has value (its JSON, else its text), key, headers, shard, sequence, arrived
(milliseconds since 1970) and size (bytes).

Operators, weakest first: ||   &&   == !=   < <= > >= ~ !~ in   + -   * / %   ! -
~ matches a pattern between slashes. Texts and lists have length, includes(); texts have
startsWith(), endsWith(), toLowerCase(), toUpperCase().

Nothing is converted: '5' is not 5. A field that is not there equals null, and is neither
less nor more than anything. It is no JavaScript: nothing of a record is ever run.
`,
  },
  {
    name: 'format',
    text: `tail -o ndjson writes one record a line, version 1 of a shape that does not change:

  v                  1
  stream, shardId    where it was read
  sequenceNumber     its place in the shard, a decimal string
  subSequenceNumber  its place in a KPL aggregate, 0 for a plain record
  partitionKey       as it was put
  explicitHashKey    as it was put, where it is known: Kinesis gives it back in KPL aggregates alone
  arrivalTime        when the service took it, ISO 8601
  encoding           how value holds the bytes, always exactly:
                       json    value is the JSON the bytes are
                       utf8    value is the text the bytes are
                       base64  value is the bytes in base64
  value              see encoding
  headers            names and texts the producer attached, when there are some

json is chosen only when writing the value again gives the same bytes, so nothing is lost:
  millrace tail orders -o ndjson | millrace put copy --in ndjson
stores the same partition keys, explicit hash keys, headers and bytes.

Other formats: pretty (for eyes; a long value is cut, unless -v), raw (the bytes and a line end), keys (the partition key).
`,
  },
  {
    name: 'exit-codes',
    text: `Exit codes:

${exitCodeMeanings.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}

A reader that goes away (| head -1) is no error.
`,
  },
];
