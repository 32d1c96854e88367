import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { createLocalKinesis, type FunctionEvent, type MappingEvent } from '@millrace/local';

import type { Client } from './client.ts';

/** A handler in Python, unchanged, behind an event source mapping: what it raises and reports is retried as AWS does. */
export const pythonHandler: Client = {
  name: 'python-handler',
  prepare() {
    const found = spawnSync('python3', ['--version'], { encoding: 'utf8' });
    return found.status === 0 ? undefined : 'there is no python3';
  },
  async run() {
    await using kinesis = await createLocalKinesis({ streams: { handled: { shards: 1 } } });
    const lines: string[] = [];
    const verdicts: string[] = [];
    const data = ['apple', 'raise', 'bad', 'pear'];
    const entries = data.map((text) => ({ partitionKey: 'ada', data: Buffer.from(text) }));
    await kinesis.connection.writer.write('handled', entries, {});
    const mapping = await kinesis.mapping(
      'handled',
      { file: join(import.meta.dirname, 'python', 'orders_handler.py') },
      {
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        choices: { backoff: { first: 0, longest: 0 }, polling: 'arrival' },
        onEvent: (event: MappingEvent) => {
          if (event.type === 'result') verdicts.push(event.verdict.type);
        },
        function: {
          onEvent: (event: FunctionEvent) => {
            if (event.type === 'log') lines.push(event.line);
          },
        },
      },
    );
    await kinesis.settled({ mapping });
    assert.deepEqual(verdicts, ['error', 'partial', 'done']);
    assert.deepEqual(lines.filter((line) => line.includes(' got ')).slice(-6), [
      'orders_handler got apple in invocation 2',
      'orders_handler got raise in invocation 2',
      'orders_handler got bad in invocation 2',
      'orders_handler got pear in invocation 2',
      'orders_handler got bad in invocation 3',
      'orders_handler got pear in invocation 3',
    ]);
  },
};
