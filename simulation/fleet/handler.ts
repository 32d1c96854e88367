import type { StreamRecord } from '@millrace/kinesis';
import type { Handler, HandlerContext } from '@millrace/kinesis/consumer';
import { sleep } from '@millrace/kinesis/runtime';

import type { Deliveries } from '../check/deliveries.ts';
import type { Value } from '../check/item.ts';
import type { Place } from '../check/place.ts';
import type { GroupPlan, WorkerPlan } from '../plan/plan.ts';
import type { Random } from '../plan/random.ts';
import { never, type Life } from '../world/life.ts';
import type { Troubles } from '../world/troubles.ts';

export interface HandlerParts {
  readonly life: Life;
  readonly plan: WorkerPlan;
  readonly group: GroupPlan;
  readonly random: Random;
  readonly deliveries: Deliveries;
  readonly troubles: Troubles;
}

/**
 * A user's function: takes a while now and then, fails now and then, and always on poison. It ends where its process
 * ends: what has not returned by then has not happened.
 */
export class SimulatedHandler {
  readonly #parts: HandlerParts;
  /** By the run that tried: one that was given up may still be trying beside its successor. */
  readonly #tries = new Map<Place, Map<object, number>>();

  constructor(parts: HandlerParts) {
    this.#parts = parts;
  }

  /** Failed tries of a record since it was read, as a policy counts them. */
  triesOf(place: Place): number {
    return Math.max(0, ...(this.#tries.get(place)?.values() ?? []));
  }

  get port(): Handler<Value> {
    if (this.#parts.plan.handler === 'eachBatch') {
      return { eachBatch: (records, context) => this.#handle(records, context) };
    }
    return { eachRecord: (record, context) => this.#handle([record], context) };
  }

  /** The body of a loop over the consumer: never fails. */
  async take(records: readonly StreamRecord<Value>[]): Promise<void> {
    if (this.#parts.life.dead) return never();
    const places = this.#given(records);
    await this.#work();
    this.#finish(places);
    return undefined;
  }

  /** Answers at once when nothing takes time, as a synchronous handler does. */
  #handle(records: readonly StreamRecord<Value>[], context: HandlerContext): void | Promise<void> {
    if (this.#parts.life.dead) return never();
    const places = this.#given(records);
    const working = this.#work(context.signal);
    if (working === undefined) {
      this.#end(places, context);
      return undefined;
    }
    return working.then(() => this.#end(places, context));
  }

  #given(records: readonly StreamRecord<Value>[]): readonly Place[] {
    return this.#parts.deliveries.given(this.#parts.life, records);
  }

  #work(signal?: AbortSignal): Promise<void> | undefined {
    const { plan, random, life } = this.#parts;
    if (!random.chance(plan.slowShare)) return undefined;
    return sleep(life.programClock, random.next() * plan.slowMs, plan.heedsSignal ? signal : undefined);
  }

  #end(places: readonly Place[], context: object): void {
    const { group, troubles, random } = this.#parts;
    const fails =
      places.some(({ item }) => item.poison === 'throws' && !(group.policy === 'stop' && troubles.healed)) ||
      random.chance(troubles.failureRate('handler'));
    if (!fails) {
      this.#finish(places);
      return;
    }
    if (places.length === 1) for (const place of places) this.#failed(place, context);
    throw new Error(`The handler cannot take ${places.map(({ item }) => item.id).join()}.`);
  }

  /** A record alone that has failed as often as it may is dropped by the policy `skip`, which tells nobody. */
  #failed(place: Place, context: object): void {
    const { life, group, deliveries } = this.#parts;
    const tries = this.#tries.get(place) ?? new Map<object, number>();
    this.#tries.set(place, tries);
    const count = (tries.get(context) ?? 0) + 1;
    tries.set(context, count);
    if (count === group.maxAttempts && group.policy === 'skip') deliveries.done(life, place, 'skipped');
  }

  #finish(places: readonly Place[]): void {
    const { life, deliveries } = this.#parts;
    for (const place of places) {
      this.#tries.delete(place);
      deliveries.done(life, place, 'handled');
    }
  }
}
