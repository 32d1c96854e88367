import { isObject, sleep } from '@millrace/kinesis/runtime';

import type { Engine } from '../engine/engine.ts';
import { ServiceError } from '../engine/service-error.ts';
import { CallRates } from './call-rates.ts';
import { shardOfPut, subjectOf } from './call-subject.ts';
import { DroppedConnection } from './dropped-connection.ts';
import type { Fault, Faults, FaultSource } from './fault.ts';
import { KeyTable } from './key-table.ts';
import type { Meter } from './meter.ts';
import { meteredCall, meteredOperations } from './metered-call.ts';
import type { Operation, OperationContext } from './operation.ts';
import { operations } from './operations.ts';

/**
 * The service without a wire: requests and answers are plain objects. A call is answered at once unless a fault
 * delays it; it throws, or rejects with, a `ServiceError`.
 */
export class Service {
  readonly engine: Engine;
  /** Keys seen lately. */
  readonly keys: KeyTable = new KeyTable();
  readonly #context: OperationContext;
  readonly #faults: FaultSource;
  readonly #meter: Meter | undefined;
  readonly #permit: ((operation: string, input: unknown) => void) | undefined;
  readonly #counts = new Map<string, number>();
  readonly #rates: CallRates | undefined;

  /** `permit` throws for a call that its caller is not allowed to make. */
  constructor(
    engine: Engine,
    faults?: Faults | FaultSource,
    meter?: Meter,
    permit?: (operation: string, input: unknown) => void,
  ) {
    this.engine = engine;
    this.#context = { engine, ...(meter === undefined ? {} : { meter }) };
    this.#meter = meter;
    this.#permit = permit;
    this.#faults = typeof faults === 'object' ? faults : { current: faults };
    if (engine.options.enforceLimits) this.#rates = new CallRates(engine.options.accountId);
  }

  /** Throws `UnknownOperationException` for an operation that is not answered. */
  call(name: string, input: unknown): object | undefined | Promise<object | undefined> {
    const operation = operations.get(name);
    if (operation === undefined) throw new ServiceError('UnknownOperationException');
    return this.run(name, operation, input);
  }

  /** {@link call} for a caller that knows the operation, and so the type of its answer. */
  run<T extends object | undefined>(name: string, operation: Operation<T>, input: unknown): T | Promise<T> {
    this.#permit?.(name, input);
    const run = (): T | Promise<T> => this.#run(name, changes(name, this.engine, operation), input);
    return this.#meter === undefined || !meteredOperations.has(name)
      ? run()
      : meteredCall(this.#meter, this.engine, name, input, run);
  }

  #run<T extends object | undefined>(name: string, operation: Operation<T>, input: unknown): T | Promise<T> {
    this.#rates?.take(name, subjectOf(this.engine, input).stream, this.engine.options.clock.monotonic());
    const { current } = this.#faults;
    const fault = current === undefined ? undefined : this.#faultOf(current, name, input);
    if (fault === undefined) return operation(this.#context, input);
    const { delayMs = 0 } = fault;
    if (delayMs <= 0) return this.#runFaulty(fault, operation, input);
    return sleep(this.engine.options.clock, delayMs).then(() => this.#runFaulty(fault, operation, input));
  }

  #runFaulty<T extends object | undefined>(fault: Fault, operation: Operation<T>, input: unknown): T {
    const { error, entry, drop } = fault;
    if (drop === 'before') throw new DroppedConnection();
    const failure = error === undefined ? undefined : new ServiceError(error.type, error.message);
    if (failure !== undefined && error?.when !== 'after') throw failure;
    const output = operation(
      entry === undefined ? this.#context : { ...this.#context, refuseEntry: entry },
      input,
    );
    if (drop === 'after') throw new DroppedConnection();
    if (failure !== undefined) throw failure;
    return output;
  }

  #faultOf(faults: Faults, operation: string, input: unknown): Fault | undefined {
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    const records = isObject(input) ? input['Records'] : undefined;
    const { stream, shardId } = subjectOf(this.engine, input);
    return faults({
      operation,
      stream,
      shardId: shardId ?? shardOfPut(this.engine, stream, input),
      count,
      entries: Array.isArray(records) ? records.length : 0,
    });
  }
}

/** Tells the engine of an operation that may have changed more than records, before it is answered. */
function changes<T extends object | undefined>(
  name: string,
  engine: Engine,
  operation: Operation<T>,
): Operation<T> {
  if (engine.options.onChange === undefined || readers.test(name)) return operation;
  return (context, input) => {
    const output = operation(context, input);
    engine.changed();
    return output;
  };
}

const readers = /^(?:Describe|Get|List|PutRecord|Subscribe)/;
