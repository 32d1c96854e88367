// Runs a handler in a process of its own and talks to the Lambda runtime API, as Lambda's Node.js runtime does:
// init, then next → handler → response, for as long as the process lives. `_HANDLER` is `file.export`, relative to
// LAMBDA_TASK_ROOT. Plain JavaScript: it runs as it stands, whatever loader the handler needs.
import { existsSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const handlerVariable = '_HANDLER';
const extensions = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.tsx'];

process.on('unhandledRejection', (reason) => {
  throw reason;
});

const handler = await load(process.env[handlerVariable] ?? '').catch(async (error) => {
  await post('init/error', JSON.stringify(describe(error)));
  process.exit(1);
});
for (;;) await turn(await call('GET', 'invocation/next'));

async function turn({ headers, body }) {
  const requestId = headers['lambda-runtime-aws-request-id'];
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const memory = { 'x-millrace-max-memory-mb': String(Math.ceil(process.resourceUsage().maxRSS / 1024)) };
  try {
    const result = await invoke(JSON.parse(body), context);
    await post(`invocation/${requestId}/response`, JSON.stringify(result) ?? 'null', memory);
  } catch (error) {
    console.error(error);
    await post(`invocation/${requestId}/error`, JSON.stringify(describe(error)), memory);
  }
}

/** A handler of three parameters takes a callback, as those of older runtimes do. */
function invoke(event, context) {
  return new Promise((fulfil, reject) => {
    const done = (error, result) => {
      if (error) reject(error instanceof Error ? error : new Error(String(error)));
      else fulfil(result);
    };
    const succeed = (result) => done(undefined, result);
    const returned = handler(event, { ...context, done, fail: done, succeed }, done);
    if (handler.length < 3 || returned instanceof Promise) fulfil(returned);
  });
}

async function load(name) {
  const dot = name.lastIndexOf('.');
  const path = resolve(process.env.LAMBDA_TASK_ROOT ?? '.', name.slice(0, dot));
  const file = extensions.map((extension) => path + extension).find((one) => existsSync(one));
  if (file === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${path}'`);
  const module = await import(pathToFileURL(file).href);
  const found = module[name.slice(dot + 1)] ?? module.default?.[name.slice(dot + 1)];
  if (typeof found === 'function') return found;
  throw named('Runtime.HandlerNotFound', `${name.slice(dot + 1)} is undefined or not exported by ${file}`);
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function describe(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function post(path, body, headers) {
  return call('POST', path, body, headers);
}

function call(method, path, body, headers = {}) {
  return new Promise((fulfil, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers };
    if (body !== undefined) options.headers = { ...headers, 'content-length': Buffer.byteLength(body) };
    const sent = httpRequest(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => fulfil({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    // The other side is gone, and with it the reason to be here.
    sent.on('error', () => process.exit(0));
    sent.end(body);
  });
}
