import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { startServer } from '../../src/index.ts';
import { answerLambda } from '../../src/neighbours/lambda/lambda-service.ts';
import { openKit } from '../event-source/kit.ts';

/** The unmodified SDK and two functions. */
async function openFunctions() {
  const seen: unknown[] = [];
  const kit = await openKit({
    functions: {
      bill: (event: { fail?: boolean }) => {
        seen.push(event);
        if (event.fail === true) throw new TypeError('no such customer');
        return { total: 7 };
      },
      other: () => undefined,
    },
  });
  const lambda = new LambdaClient({ ...kit.kinesis.clientConfig, maxAttempts: 1 });
  const invoke = (input: object = {}) => lambda.send(new InvokeCommand({ FunctionName: 'bill', ...input }));
  return { ...kit, lambda, invoke, seen, [Symbol.asyncDispose]: () => kit.kinesis.close() };
}

test('functions are listed in pages and described', async () => {
  await using door = await openFunctions();
  const { Functions = [], NextMarker } = await door.lambda.send(new ListFunctionsCommand({ MaxItems: 1 }));
  const rest = await door.lambda.send(new ListFunctionsCommand({ Marker: NextMarker }));
  expect([...Functions, ...(rest.Functions ?? [])].map(({ FunctionName }) => FunctionName)).toEqual([
    'bill',
    'other',
  ]);
  const expected = { FunctionName: 'bill', Timeout: 3, MemorySize: 128, State: 'Active', Version: '$LATEST' };
  const { Configuration } = await door.lambda.send(new GetFunctionCommand({ FunctionName: 'bill' }));
  expect(Configuration).toMatchObject(expected);
  const configuration = new GetFunctionConfigurationCommand({ FunctionName: 'bill', Qualifier: 'live' });
  expect(await door.lambda.send(configuration)).toMatchObject(expected);
});

test('a function is invoked, and its answer, error and log are Lambda’s', async () => {
  await using door = await openFunctions();
  const answer = await door.invoke({ Payload: JSON.stringify({ id: 1 }), LogType: 'Tail' });
  expect(door.seen).toEqual([{ id: 1 }]);
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  expect(answer.FunctionError).toBeUndefined();
  expect(answer.Payload?.transformToString()).toBe('{"total":7}');
  const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
  expect(log).toMatch(
    /^START RequestId: \S+ Version: \$LATEST\nEND RequestId: \S+\nREPORT RequestId: \S+\tDuration: /,
  );
  const failed = await door.invoke({ Payload: '{"fail":true}' });
  expect(failed).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  expect(JSON.parse(failed.Payload?.transformToString() ?? '')).toMatchObject({
    errorType: 'TypeError',
    errorMessage: 'no such customer',
  });
});

test('an invocation may be an event, or a dry run that runs nothing', async () => {
  await using door = await openFunctions();
  expect(await door.invoke({ InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
  expect(door.seen).toEqual([]);
  expect(await door.invoke({ InvocationType: 'Event', Payload: '{"id":2}' })).toMatchObject({
    StatusCode: 202,
  });
  await door.clock.settle();
  expect(door.seen).toEqual([{ id: 2 }]);
});

test('what is not there, or no JSON, is refused', async () => {
  await using door = await openFunctions();
  await expect(door.invoke({ FunctionName: 'nobody' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(door.invoke({ Payload: '{' })).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
  await expect(door.lambda.send(new GetFunctionCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('the same port that answers Kinesis answers for Lambda', async () => {
  await using server = await startServer({ port: 0, functions: { bill: () => ({ total: 7 }) } });
  const lambda = new LambdaClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'bill' }));
  expect(answer.Payload?.transformToString()).toBe('{"total":7}');
  lambda.destroy();
});

test('whatever it is asked, it answers', async () => {
  await using kit = await openKit({ functions: { bill: () => ({}) } });
  const options = { lambda: () => kit.kinesis.lambda(), now: () => 0, authorize: () => {} };
  const part = fc.oneof(
    fc.constantFrom(
      'functions',
      'event-source-mappings',
      'bill',
      'invocations',
      'configuration',
      '%',
      '%zz',
      '',
    ),
    fc.string({ maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
      fc.array(part, { maxLength: 4 }),
      fc.oneof(fc.string(), fc.json(), fc.constant('MaxItems=x&Marker=-1')),
      fc.oneof(fc.string(), fc.json()),
      async (method, parts, query, body) => {
        const path = `/2015-03-31/${parts.join('/')}?${query}`;
        const answer = await answerLambda(options, { method, path, headers: {}, body });
        expect(answer.status).toBeGreaterThanOrEqual(200);
        const text = typeof answer.body === 'string' ? answer.body : '?';
        expect([answer.status, text]).not.toEqual([500, text]);
        expect(() => text === '' || JSON.parse(text)).not.toThrow();
      },
    ),
    { numRuns: 500 },
  );
});

test('a throttled invocation is 429', async () => {
  await using kit = await openKit();
  const { functions } = await kit.kinesis.lambda();
  await functions.add(() => ({}), { name: 'busy', concurrency: 0 });
  const lambda = new LambdaClient({ ...kit.kinesis.clientConfig, maxAttempts: 1 });
  await expect(lambda.send(new InvokeCommand({ FunctionName: 'busy' }))).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    $metadata: { httpStatusCode: 429 },
  });
});
