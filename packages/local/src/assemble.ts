import type { FaultSource, Faults } from './api/fault.ts';
import { FaultRules } from './api/fault-rules.ts';
import type { Permit } from './api/policy/permit.ts';
import { Service } from './api/service.ts';
import { createConnection } from './connection.ts';
import { LeaseStores } from './lease-stores.ts';
import type { LocalKinesis } from './local-kinesis.ts';
import type { LocalKinesisOptions } from './local-kinesis-options.ts';
import type { LocalLambda } from './local-lambda.ts';
import { createKinesisMeter } from './neighbours/cloudwatch/kinesis-meter.ts';
import { createLambdaMeter } from './neighbours/cloudwatch/lambda-meter.ts';
import { MetricStore } from './neighbours/cloudwatch/metric-store.ts';
import { credentialsOf, openAccess } from './open-access.ts';
import { openEngine, type OpenedEngine } from './open-engine.ts';
import { hasMappings, openLambda } from './open-lambda.ts';
import { openNeighbours } from './open-neighbours.ts';
import { createFront, type Front } from './server/front.ts';
import { createRequestHandler } from './server/request-handler.ts';

/**
 * A Kinesis in this process, ready in milliseconds, without a socket. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * await using kinesis = await createLocalKinesis({ streams: { orders: { shards: 2 } } });
 * const producer = createProducer(orders, kinesis.connection);
 * const client = new KinesisClient(kinesis.clientConfig);
 * ```
 */
export async function createLocalKinesis(options: LocalKinesisOptions = {}): Promise<LocalKinesis> {
  const { kinesis } = await assemble(options);
  return kinesis;
}

/** A local Kinesis, and the door a server needs. */
interface Assembled {
  readonly kinesis: LocalKinesis;
  readonly front: Front;
}

/** Throws `OPTION_INVALID`; then the folder, if it has one, is free again. */
export async function assemble(options: LocalKinesisOptions): Promise<Assembled> {
  const opened = await openEngine(options);
  try {
    return await assembleAround(opened, options);
  } catch (error) {
    opened.engine.close();
    opened.storage?.[Symbol.dispose]();
    throw error;
  }
}

async function assembleAround(
  { engine, storage }: OpenedEngine,
  options: LocalKinesisOptions,
): Promise<Assembled> {
  const faults = new FaultRules(engine.options.clock);
  const faultSource = faultsOf(options, faults);
  const access = await openAccess(options, engine);
  const metrics = new MetricStore();
  const now = (): number => engine.now;
  const createService = (permit?: Permit['kinesis']): Service =>
    new Service(engine, faultSource, createKinesisMeter(metrics, now), permit);
  const service = createService(access.permit?.kinesis);
  const stores = new LeaseStores();
  const connection = createConnection(service, stores);
  const openMappings = (): Promise<LocalLambda> => {
    // A mapping reads as itself, whatever its user may do.
    const own = access.permit === undefined ? service : createService();
    const meter = createLambdaMeter(metrics, now);
    return openLambda(options, { service: own, connection: createConnection(own, stores), meter });
  };
  let opened: Promise<LocalLambda> | undefined;
  const lambda = (): Promise<LocalLambda> => (opened ??= openMappings());
  const neighbours = openNeighbours(options, { engine, access, metrics, lambda });
  const front = createFront(service, neighbours, access.rules, faults);
  const close = async (): Promise<void> => {
    // Handlers under way may still put records.
    const running = await opened?.catch(() => undefined);
    await running?.close();
    engine.close();
    storage?.[Symbol.dispose]();
    await Promise.all(neighbours.map((neighbour) => neighbour.close()));
  };
  const kinesis: LocalKinesis = {
    connection,
    clientConfig: {
      region: engine.options.region,
      endpoint: 'http://localhost',
      credentials: credentialsOf(options),
      requestHandler: createRequestHandler(front),
    },
    engine,
    lambda,
    mapping: async (...wanted) => (await lambda()).map(...wanted),
    faults,
    settled: async (wanted) => {
      const { settled } = await import('./settled.ts');
      return settled({ engine, stores, mappings: async () => (await lambda()).mappings }, wanted);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  // What is wrong with one of them is told now, and not to the first who asks for it; mappings of before go on.
  if (options.functions !== undefined || hasMappings(options.path)) {
    await lambda().catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }
  return { kinesis, front };
}

/** What goes wrong: rules that are set now or later, behind the program's own hook if there is one. */
function faultsOf({ faults: given = [] }: LocalKinesisOptions, rules: FaultRules): Faults | FaultSource {
  if (typeof given === 'function') return (call) => given(call) ?? rules.decide(call);
  for (const [index, rule] of given.entries()) rules.add(rule, `local.faults[${index}]`);
  return rules;
}
