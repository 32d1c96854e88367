import { createManualClock } from '@millrace/kinesis/testing';

import { Engine } from '../../src/engine/engine.ts';
import type { EngineOptions } from '../../src/engine/options.ts';
import { md5Hex } from '../../src/md5.ts';

/** An engine on a manual clock whose streams change state at once. */
export function createTestEngine(options: Partial<EngineOptions> = {}): Engine {
  return new Engine({
    clock: createManualClock(),
    hash: md5Hex,
    accountId: '000000000000',
    region: 'us-east-1',
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 20_000,
    enforceLimits: false,
    ...options,
  });
}
