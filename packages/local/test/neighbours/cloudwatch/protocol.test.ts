import { gzipSync } from 'node:zlib';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startServer, type LocalServer } from '../../../src/index.ts';
import { openExchange } from '../../../src/neighbours/cloudwatch/protocol.ts';
import { encodeXml, parseQuery } from '../../../src/neighbours/cloudwatch/query.ts';

let server: LocalServer;
beforeAll(async () => {
  server = await startServer({ port: 0 });
});
afterAll(() => server.close());

describe('a request as JSON 1.0', () => {
  test('is answered as JSON 1.0', async () => {
    const listed = await sendJson('ListMetrics', '{"Namespace":"Nobody"}');
    expect(await listed.json()).toEqual({ Metrics: [] });
    const broken = await sendJson('ListMetrics', '{');
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ __type: 'com.amazonaws.cloudwatch#InvalidFormatFault' });
  });
});

describe('a request as a form', () => {
  test('is answered in XML, what is wrong too', async () => {
    const put = await sendForm({
      Action: 'PutMetricData',
      Namespace: 'App',
      'MetricData.member.1.MetricName': 'Lag & <Co>',
      'MetricData.member.1.Value': '4',
      'MetricData.member.1.Dimensions.member.1.Name': 'Group',
      'MetricData.member.1.Dimensions.member.1.Value': 'é',
    });
    expect(put.status).toBe(200);
    const listed = await sendForm({ Action: 'ListMetrics', Namespace: 'App' });
    expect(listed.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(await listed.text()).toContain(
      '<Dimensions><member><Name>Group</Name><Value>é</Value></member></Dimensions>',
    );
    const refused = await sendForm({ Action: 'PutMetricData', Namespace: 'AWS/X' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toMatch(/<Error>.*<Code>\w+<\/Code>/s);
  });
});

describe('any bytes', () => {
  const path = '/service/GraniteServiceVersion20100801/operation/PutMetricData';

  test('are read or refused as CBOR, and never bring anything down', () => {
    // AWS's decoder tells the console of lengths beyond all measure.
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, compressed) => {
        const body = compressed ? gzipSync(bytes) : bytes;
        const headers = compressed ? { 'content-encoding': 'gzip' } : {};
        const exchange = openExchange({ method: 'POST', path, headers, body });
        expect(outcome(() => exchange?.decode())).toMatch(/^read$|^CloudwatchError/);
      }),
      { numRuns: 1000 },
    );
    warn.mockRestore();
  });

  test('that unpack to more than a request may be are refused', () => {
    const body = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const exchange = openExchange({ method: 'POST', path, headers: { 'content-encoding': 'gzip' }, body });
    expect(outcome(() => exchange?.decode())).toMatch(/^CloudwatchError/);
  });

  test('nested without end are refused', () => {
    const exchange = openExchange({ method: 'POST', path, headers: {}, body: Buffer.alloc(100_000, 0x81) });
    expect(outcome(() => exchange?.decode())).toMatch(/^CloudwatchError/);
  });

  test('as a form are read or refused, in whatever order and whatever names', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 30 }), (pairs) => {
        expect(outcome(() => parseQuery(new URLSearchParams(pairs)))).toMatch(/^read$|^CloudwatchError/);
      }),
    );
    const form = new URLSearchParams('L.member.10=c&L.member.2=b&L.member.1.A=a&__proto__.x=1&S.A.B=2');
    const members = parseQuery(form);
    expect({ ...members }).toMatchObject({ L: [{ A: 'a' }, 'b', 'c'], S: { A: { B: '2' } } });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

test('an answer in XML holds any text', () => {
  expect(encodeXml({ M: new Map([['p99.9', 1.5]]) })).toBe(
    '<M><entry><key>p99.9</key><value>1.5</value></entry></M>',
  );
  expect(encodeXml({ A: [{ B: '<&>"\u0000é' }, 2], C: new Date(0), D: undefined })).toBe(
    '<A><member><B>&lt;&amp;&gt;&quot;\uFFFDé</B></member><member>2</member></A><C>1970-01-01T00:00:00.000Z</C>',
  );
});

function sendJson(operation: string, body: string): Promise<Response> {
  return send(body, {
    'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    'content-type': 'application/x-amz-json-1.0',
  });
}

function sendForm(members: Readonly<Record<string, string>>): Promise<Response> {
  return send(new URLSearchParams({ Version: '2010-08-01', ...members }).toString(), {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
  });
}

function send(body: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(server.endpoint, {
    method: 'POST',
    headers: {
      ...headers,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
    },
    body,
  });
}

function outcome(run: () => unknown): string {
  try {
    run();
    return 'read';
  } catch (error) {
    return String(error);
  }
}
