import { FunctionRegistry, type HandlerFile, type InvokeResult } from '@millrace/local/functions';

import type { CommandContext } from '../command-context.ts';

/** Runs a handler file once in a process of its own, as Lambda would; what it writes goes to stderr. */
export async function invokeOnce(
  { clock, notes, options, target }: CommandContext,
  code: HandlerFile,
  event: unknown,
): Promise<InvokeResult> {
  const registry = new FunctionRegistry({
    clock,
    region: target.region ?? 'us-east-1',
    accountId: '000000000000',
    tell: (_, heard) => {
      if (heard.type === 'log') notes.info(heard.line);
    },
  });
  try {
    const one = await registry.add(code, {
      timeout: options.number('timeout'),
      memoryMb: options.number('memory'),
    });
    return await one.invoke(event);
  } finally {
    await registry.close();
  }
}
