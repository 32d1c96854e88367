import type { LostRecord, LostRecordSink } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';

import type { Deliveries } from '../check/deliveries.ts';
import { shardName } from '../check/item.ts';
import type { Ledger } from '../check/ledger.ts';
import type { Place } from '../check/place.ts';
import type { Verdict } from '../check/verdict.ts';
import type { GroupPlan } from '../plan/plan.ts';
import type { Random } from '../plan/random.ts';
import type { Life } from '../world/life.ts';
import type { Troubles } from '../world/troubles.ts';
import type { SimulatedHandler } from './handler.ts';

export interface SinkParts {
  readonly life: Life;
  readonly group: GroupPlan;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly deliveries: Deliveries;
  readonly troubles: Troubles;
  readonly verdict: Verdict;
  readonly handler: SimulatedHandler;
}

/** Where records go that cannot be handled; takes a moment, fails now and then, and sees to it that it is given the right ones. */
export function createSink(parts: SinkParts): LostRecordSink {
  const { life, ledger, deliveries, random, troubles } = parts;
  return async (lost) => {
    const { position } = lost;
    const place = position && ledger.placeAt(shardName(lost.stream, position.shardId), position);
    await sleep(life.programClock, random.next() * 30);
    if (random.chance(troubles.failureRate('sink'))) throw new Error('The sink is full.');
    if (place === undefined || Buffer.compare(place.item.bytes, lost.record.data) !== 0) {
      broken(parts, lost, 'is not what was put');
      return;
    }
    checkReason(parts, lost, place);
    deliveries.done(life, place, 'put aside');
  };
}

/** Garbled records have one try, since decoding them again is of no use; the others have all their tries. */
function checkReason(parts: SinkParts, lost: LostRecord, place: Place): void {
  const { group, handler } = parts;
  const attempts = lost.position?.attempts ?? 0;
  if (lost.error.code !== 'HANDLER_FAILED') broken(parts, lost, `came with ${lost.error.code}`);
  if (lost.position?.parkedBehind !== undefined) {
    const tries = place.item.poison === 'garbled' ? 1 : 0;
    if (attempts > tries || group.policy !== 'parkTheKey')
      broken(parts, lost, `was tried ${attempts} times, though parked`);
    return;
  }
  if (place.item.poison === 'garbled') {
    if (attempts !== 1) broken(parts, lost, `is garbled and was tried ${attempts} times`);
    return;
  }
  const tries = handler.triesOf(place);
  if (attempts !== group.maxAttempts || tries < attempts) {
    broken(parts, lost, `came after ${attempts} attempts, said to be ${group.maxAttempts}, really ${tries}`);
  }
}

function broken({ verdict, life }: SinkParts, { record, position }: LostRecord, what: string): void {
  const message = `${life.name} put aside a record of ${record.partitionKey} that ${what}`;
  const subjects = [record.partitionKey, ...(position === undefined ? [] : [position.shardId])];
  verdict.broken('poison goes where the policy says', message, subjects);
}
