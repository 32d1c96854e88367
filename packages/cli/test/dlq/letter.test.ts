import { lostToFile } from '@millrace/kinesis';
import { createHandler, deadLetter } from '@millrace/kinesis/lambda';
import { kinesisEvent } from '@millrace/kinesis/testing';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { readLetters } from '../../src/dlq/letter.ts';
import { failureDocument, snsEnvelope } from './documents.ts';

const event = kinesisEvent([{ partitionKey: 'ada', data: 'one' }, 'two']);
const [from = '', to = ''] = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
const stretch = { from, to, batchSize: 2 };
const batch = {
  kind: 'batch',
  condition: 'RetryAttemptsExhausted',
  invokeCount: 3,
  functionError: 'Unhandled',
  stream: 'orders',
  shardId: 'shardId-000000000000',
  from,
  to,
  batchSize: 2,
  firstArrival: Date.UTC(2026, 0, 1),
};

test.each([
  ['of a queue', failureDocument(stretch)],
  ['of a topic, in a queue', snsEnvelope(failureDocument(stretch))],
  [
    'of a topic, in a function’s event',
    { Records: [{ Sns: { Message: JSON.stringify(failureDocument(stretch)) } }] },
  ],
  ['of a queue, in a function’s event', { Records: [{ body: JSON.stringify(failureDocument(stretch)) }] }],
])('a failure document is read: %s', (_, document) => {
  expect(readLetters(JSON.stringify(document))).toEqual([
    expect.objectContaining({ ...batch, payload: undefined }),
  ]);
});

test.each([
  ['JSON in a string, as AWS writes it', JSON.stringify(event)],
  ['an object, as others do', event],
])('the payload of a bucket is read: %s', (_, payload) => {
  expect(readLetters(JSON.stringify(failureDocument(stretch, { payload })))).toMatchObject([
    {
      ...batch,
      payload: [
        {
          partitionKey: 'ada',
          sequenceNumber: from,
          data: Buffer.from('one'),
          arrivedAt: Date.UTC(2026, 0, 1),
        },
        { sequenceNumber: to, data: Buffer.from('two') },
      ],
    },
  ]);
});

test('a document of records that grew too old has no response', () => {
  const { responseContext: _, ...document } = failureDocument(stretch);
  expect(readLetters(JSON.stringify(document))).toMatchObject([{ kind: 'batch', functionError: undefined }]);
});

test('what a handler of ours put aside is read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-dlq-'));
  const path = join(folder, 'poison.ndjson');
  const handler = createHandler(
    { name: 'orders', encode: () => expect.unreachable(), decode: () => JSON.parse('not JSON') },
    () => undefined,
    { onPoison: deadLetter(lostToFile(path)), logger: { error: () => {} } },
  );
  await handler(event);
  const [line = ''] = readFileSync(path, 'utf8').split('\n');
  expect(readLetters(line)).toMatchObject([
    {
      kind: 'record',
      document: {
        stream: 'orders',
        record: { partitionKey: 'ada', data: new Uint8Array(Buffer.from('one')) },
      },
    },
  ]);
  rmSync(folder, { recursive: true });
});

test.each([
  ['not JSON', 'JSON'],
  ['{}', 'neither'],
  ['[]', 'neither'],
  ['{"Message":"hello"}', 'not JSON'],
  ['{"Records":[{"eventSource":"aws:s3"}]}', 'another kind'],
  ['{"KinesisBatchInfo":{}}', 'streamArn'],
  ['{"v":1}', ''],
  [JSON.stringify(snsEnvelope(snsEnvelope(snsEnvelope(snsEnvelope(snsEnvelope({})))))), 'too often'],
])('what is none is told why, and nothing throws: %s', (text, problem) => {
  expect(readLetters(text)).toEqual([{ kind: 'unreadable', problem: expect.stringContaining(problem) }]);
});

test('no text makes it throw, and none makes a batch without a place', () => {
  const like = fc.record(
    {
      KinesisBatchInfo: fc.oneof(
        fc.anything(),
        fc.dictionary(
          fc.constantFrom(
            'streamArn',
            'shardId',
            'startSequenceNumber',
            'endSequenceNumber',
            'approximateArrivalOfFirstRecord',
            'batchSize',
          ),
          fc.oneof(fc.string(), fc.nat().map(String), fc.anything()),
        ),
      ),
      payload: fc.anything(),
      Message: fc.anything(),
      Records: fc.anything(),
      v: fc.constantFrom(1, 2),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        like.map((value) => JSON.stringify(value) ?? ''),
      ),
      (text) => {
        for (const letter of readLetters(text)) {
          expect(letter.kind !== 'batch' || (letter.stream !== '' && letter.shardId !== '')).toBe(true);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
