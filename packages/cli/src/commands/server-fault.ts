import { MillraceError } from '@millrace/kinesis';
import { isObject, optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { documentFormat, writeList } from '../io/document.ts';
import type { Column } from '../io/table.ts';
import type { Options } from '../spec/options.ts';

/** `millrace server fault`: sets, shows and lifts faults of a running server. */
export async function serverFault(context: CommandContext): Promise<ExitCode> {
  const { options, notes, out, target, signal } = context;
  const admin = new URL('/_millrace/faults', target.endpoint ?? 'http://127.0.0.1:4567');
  const lift = options.textOrNone('lift');
  if (options.flag('list')) {
    await show(context, await ask(admin, { method: 'GET' }, signal));
  } else if (options.flag('clear') || lift !== undefined) {
    if (lift !== undefined) admin.pathname += `/${encodeURIComponent(lift)}`;
    await show(context, await ask(admin, { method: 'DELETE' }, signal));
    notes.info(lift === undefined ? 'every fault is lifted' : `fault ${lift} is lifted`);
  } else {
    const body = JSON.stringify(ruleOf(options));
    const fault = await ask(
      admin,
      { method: 'POST', headers: { 'content-type': 'application/json' }, body },
      signal,
    );
    if (documentFormat(context) === 'table') await show(context, { faults: [fault] });
    else await out.line(JSON.stringify(fault));
  }
  return exitCode.ok;
}

function ruleOf(options: Options): object {
  const texts = ['stream', 'shard', 'error', 'message', 'when', 'latency', 'drop'].flatMap((name) => {
    const value = options.textOrNone(name);
    return value === undefined
      ? []
      : [[name, /^\d+$/.test(value) && name === 'latency' ? Number(value) : value]];
  });
  const operation = options.list('op');
  const records = options.textOrNone('records');
  const rate = options.textOrNone('rate');
  const life = options.numberOrNone('for');
  const calls = options.numberOrNone('calls');
  return {
    ...Object.fromEntries(texts),
    ...(operation.length > 0 && { operation }),
    ...(records !== undefined && { records: /^\d+$/.test(records) ? Number(records) : records }),
    ...(rate !== undefined && { rate: chance(rate) }),
    ...(life !== undefined && { for: life }),
    ...(calls !== undefined && { calls }),
  };
}

function chance(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw optionError('--rate', text, 'a number over 0 and up to 1');
}

async function ask(admin: URL, init: RequestInit, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(admin, { ...init, signal }).catch((error: unknown) => {
    throw new MillraceError('ENDPOINT_UNREACHABLE', `No server answers at ${admin.origin}.`, {
      advice: 'Name another with --endpoint-url.',
      retryable: true,
      cause: error,
    });
  });
  const answer = await readAnswer(response);
  if (response.ok && answer !== undefined) return answer;
  if (answer === undefined || answer['code'] === undefined) {
    throw new MillraceError('SERVICE_FAILED', `What answers at ${admin.origin} is no millrace server.`, {
      advice: 'Name the right one with --endpoint-url: faults can be set in a millrace server only.',
    });
  }
  const denied = answer['code'] === 'ACCESS_DENIED';
  throw new MillraceError(denied ? 'ACCESS_DENIED' : 'OPTION_INVALID', String(answer['message']), {
    advice: 'See: millrace server fault --help',
  });
}

type Answer = Readonly<Record<string, unknown>>;

async function readAnswer(response: Response): Promise<Answer | undefined> {
  try {
    const value: unknown = await response.json();
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function show(context: CommandContext, { faults }: Answer): Promise<void> {
  await writeList(context, Array.isArray(faults) ? faults.filter(isObject) : [], columns);
}

const columns: readonly Column<Answer>[] = [
  { title: 'ID', cell: ({ id }) => String(id) },
  { title: 'HITS', cell: ({ hits }) => String(hits), align: 'right' },
  { title: 'SET AT', cell: ({ setAt }) => String(setAt) },
  {
    title: 'FAULT',
    cell: ({ id: _id, hits: _hits, setAt: _setAt, ...rule }) =>
      Object.entries(rule)
        .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
        .join(' '),
  },
];
