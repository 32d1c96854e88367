import { gunzipSync } from 'node:zlib';

import { cbor, tag, tagSymbol } from '@smithy/core/cbor';

import type { WireRequest, WireResponse } from '../../wire/message.ts';
import { CloudwatchError } from './cloudwatch-error.ts';
import { encodeXml, parseQuery } from './query.ts';

/** A request in any of the three protocols of CloudWatch. */
export interface Exchange {
  readonly operation: string;
  /** Throws `CloudwatchError` for a body that cannot be read. */
  decode(): unknown;
  succeed(output: object | undefined, requestId: string): WireResponse;
  fail(error: CloudwatchError, requestId: string): WireResponse;
}

const jsonTarget = 'GraniteServiceVersion20100801';

const apiVersion = '2010-08-01';
const cborPath = /^\/service\/GraniteServiceVersion20100801\/operation\/([A-Za-z]{1,64})$/;
/** A compressed body may become so many times as large as any that is allowed, and no larger. */
const largestInflated = 32 * 1024 * 1024;

/** The exchange a request begins, or undefined when it is none of CloudWatch's. */
export function openExchange(request: WireRequest): Exchange | undefined {
  if (request.method !== 'POST') return undefined;
  const fromPath = cborPath.exec(request.path)?.[1];
  if (fromPath !== undefined) return cborExchange(fromPath, request);
  const [target, operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
  if (target === jsonTarget) return jsonExchange(operation, request);
  const contentType = request.headers['content-type'] ?? '';
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return undefined;
  try {
    const form = new URLSearchParams(new TextDecoder().decode(bytesOf(request)));
    return form.get('Version') === apiVersion ? queryExchange(form) : undefined;
  } catch {
    return undefined;
  }
}

/** The protocol of the current SDKs: Smithy RPC v2 with CBOR. */
function cborExchange(operation: string, request: WireRequest): Exchange {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  return {
    operation,
    decode: () => {
      const bytes = bytesOf(request);
      return bytes.length === 0
        ? {}
        : plain(
            unreadable(() => cbor.deserialize(bytes) as unknown),
            0,
          );
    },
    succeed: (output) => ({ status: 200, headers, body: cbor.serialize(toCbor(output ?? {})) }),
    fail: (error) => ({
      status: error.status,
      headers: { ...headers, ...queryError(error) },
      body: cbor.serialize({ __type: `com.amazonaws.cloudwatch#${error.type}`, message: error.message }),
    }),
  };
}

function jsonExchange(operation: string, request: WireRequest): Exchange {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return {
    operation,
    decode: () => {
      const bytes = bytesOf(request);
      if (bytes.length === 0) return {};
      return unreadable((): unknown => JSON.parse(new TextDecoder().decode(bytes)));
    },
    succeed: (output) => ({ status: 200, headers, body: JSON.stringify(toJson(output ?? {})) }),
    fail: (error) => ({
      status: error.status,
      headers: { ...headers, ...queryError(error) },
      body: JSON.stringify({ __type: `com.amazonaws.cloudwatch#${error.type}`, message: error.message }),
    }),
  };
}

/** The protocol of older SDKs and of the AWS CLI: a form in, XML out. */
function queryExchange(form: URLSearchParams): Exchange {
  const operation = form.get('Action') ?? '';
  const headers = { 'content-type': 'text/xml' };
  return {
    operation,
    decode: () => parseQuery(form),
    succeed: (output, requestId) => ({
      status: 200,
      headers,
      body: root(
        {
          ...(output === undefined ? {} : { [`${operation}Result`]: output }),
          ResponseMetadata: { RequestId: requestId },
        },
        `${operation}Response`,
      ),
    }),
    fail: (error, requestId) => ({
      status: error.isRefusal ? 403 : error.status,
      headers,
      body: root(
        { Error: { Type: faultOf(error), Code: error.code, Message: error.message }, RequestId: requestId },
        'ErrorResponse',
      ),
    }),
  };
}

function root(content: object, name: string): string {
  return `<${name} xmlns="http://monitoring.amazonaws.com/doc/${apiVersion}/">${encodeXml(content)}</${name}>`;
}

/** The SDKs compress what is larger than 10 KiB. */
function bytesOf(request: WireRequest): Uint8Array {
  const bytes = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  if (request.headers['content-encoding'] !== 'gzip') return bytes;
  return unreadable(() => gunzipSync(bytes, { maxOutputLength: largestInflated }));
}

function unreadable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new CloudwatchError('InvalidFormatFault', 'The body of the request cannot be read.');
  }
}

const deepest = 32;

/** Tagged timestamps become dates; what is nested deeper than any request is refused. */
function plain(value: unknown, depth: number): unknown {
  if (depth > deepest) throw new CloudwatchError('InvalidFormatFault', 'The request is nested too deeply.');
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  // Not by instanceof: a map may say `__proto__` and then passes for anything. The copies made here do not.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (tagSymbol in value && 'tag' in value && 'value' in value) {
    return value.tag === 1 && typeof value.value === 'number' ? new Date(value.value * 1000) : undefined;
  }
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(value)) members[name] = plain(member, depth + 1);
  return members;
}

function toCbor(value: unknown): unknown {
  if (value instanceof Date) return tag({ tag: 1, value: value.getTime() / 1000 });
  return mapMembers(value, toCbor);
}

function toJson(value: unknown): unknown {
  return value instanceof Date ? value.getTime() / 1000 : mapMembers(value, toJson);
}

function mapMembers(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  const members = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    members.map(([name, member]): [string, unknown] => [String(name), change(member)]),
  );
}

/** What lets clients of old call an error as the query protocol did. */
function queryError(error: CloudwatchError): Readonly<Record<string, string>> {
  return error.isRefusal ? {} : { 'x-amzn-query-error': `${error.code};${faultOf(error)}` };
}

function faultOf(error: CloudwatchError): string {
  return error.status >= 500 ? 'Receiver' : 'Sender';
}
