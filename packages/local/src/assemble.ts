import { join } from 'node:path';

import type { Faults } from './api/fault.ts';
import { FaultRules } from './api/fault-rules.ts';
import type { Permit } from './api/policy/permit.ts';
import type { PolicyDocument } from './api/policy/policy-document.ts';
import { Service } from './api/service.ts';
import { createConnection } from './connection.ts';
import type { Engine } from './engine/engine.ts';
import { LeaseStores } from './lease-stores.ts';
import type { ClientConfig, LocalKinesis } from './local-kinesis.ts';
import type { LocalKinesisOptions } from './local-kinesis-options.ts';
import type { LocalLambda } from './local-lambda.ts';
import { createCloudwatch } from './neighbours/cloudwatch/cloudwatch.ts';
import { createKinesisMeter } from './neighbours/cloudwatch/kinesis-meter.ts';
import { createLambdaMeter } from './neighbours/cloudwatch/lambda-meter.ts';
import { MetricStore } from './neighbours/cloudwatch/metric-store.ts';
import { createDynamodb } from './neighbours/dynamodb/dynamodb.ts';
import { guarded } from './neighbours/guarded.ts';
import { jsonCall } from './neighbours/json-call.ts';
import { createLambda } from './neighbours/lambda/lambda.ts';
import { openEngine } from './open-engine.ts';
import { hasMappings, openLambda } from './open-lambda.ts';
import { createFront, type Front } from './server/front.ts';
import { createRequestHandler } from './server/request-handler.ts';
import { authorize, type AuthorizationRules } from './wire/authorization.ts';
import type { SigningKeys, VerifySignature } from './wire/signature.ts';

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
export async function assemble(
  options: LocalKinesisOptions,
): Promise<{ readonly kinesis: LocalKinesis; readonly front: Front }> {
  const { engine, storage } = await openEngine(options);
  const { faults: given = [] } = options;
  const metrics = new MetricStore();
  const faults = new FaultRules(engine.options.clock);
  if (typeof given !== 'function') {
    for (const [index, rule] of given.entries()) faults.add(rule, `local.faults[${index}]`);
  }
  const permit = await openPermit(options.policy, engine);
  const createService = (...more: readonly ((operation: string, input: unknown) => void)[]): Service =>
    new Service(
      engine,
      typeof given === 'function' ? firstOf(given, faults.decide) : faults,
      createKinesisMeter(metrics, () => engine.now),
      ...more,
    );
  const service = permit === undefined ? createService() : createService(permit.kinesis);
  const verify = await openSignatureCheck(options.verifySignatures, engine);
  const rules: AuthorizationRules = {
    ...(options.accessKeyIds === undefined ? {} : { accessKeyIds: options.accessKeyIds }),
    ...(options.enforceRegion === true ? { signingRegion: engine.options.region } : {}),
    ...(verify === undefined ? {} : { verify }),
  };
  const { clock, region, accountId } = engine.options;
  const dynamodb = createDynamodb({
    region,
    accountId,
    now: () => engine.now,
    ...(options.path === undefined ? {} : { folder: join(options.path, 'dynamodb') }),
  });
  const cloudwatch = createCloudwatch({
    store: metrics,
    clock,
    region,
    accountId,
    authorize: (request) => authorize(request, rules, 'monitoring'),
    permit: permit?.cloudwatch,
  });
  const leases =
    rules.verify === undefined && permit === undefined
      ? dynamodb
      : guarded(dynamodb, (request) => {
          if (rules.verify !== undefined) authorize(request, rules, 'dynamodb');
          const { operation, input } = jsonCall(request);
          permit?.dynamodb(operation, input);
        });
  const stores = new LeaseStores();
  const connection = createConnection(service, stores);
  let lambda: Promise<LocalLambda> | undefined;
  const lambdaOf = (): Promise<LocalLambda> => {
    // A mapping reads as itself, whatever its user may do.
    const own = permit === undefined ? service : createService();
    lambda ??= openLambda({
      service: own,
      connection: permit === undefined ? connection : createConnection(own, stores),
      meter: createLambdaMeter(metrics, () => engine.now),
      destinationFolder: options.destinationFolder,
      functions: options.functions,
      path: options.path,
      repair: options.repair,
    });
    return lambda;
  };
  const functions = createLambda({
    lambda: lambdaOf,
    now: () => engine.now,
    authorize: (request) => authorize(request, rules, 'lambda'),
    permit: permit?.lambda,
  });
  const front = createFront(service, [leases, cloudwatch, functions], rules, faults);
  const close = async (): Promise<void> => {
    // Handlers under way may still put records.
    const opened = await lambda?.catch(() => undefined);
    await opened?.close();
    engine.close();
    storage?.[Symbol.dispose]();
    await Promise.all([dynamodb.close(), cloudwatch.close()]);
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
    lambda: lambdaOf,
    mapping: async (...wanted) => (await lambdaOf()).map(...wanted),
    faults,
    settled: async (wanted) => {
      const { settled } = await import('./settled.ts');
      return settled({ engine, stores, mappings: async () => (await lambdaOf()).mappings }, wanted);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  // What is wrong with one of them is told now, and not to the first who asks for it; mappings of before go on.
  if (options.functions !== undefined || hasMappings(options.path)) {
    await lambdaOf().catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }
  return { kinesis, front };
}

/** Loaded by who has a policy. */
async function openPermit(policy: PolicyDocument | undefined, engine: Engine): Promise<Permit | undefined> {
  if (policy === undefined) return undefined;
  const { createPermit } = await import('./api/policy/permit.ts');
  return createPermit(policy, engine, 'local.policy');
}

/** Loaded by who verifies. */
async function openSignatureCheck(
  keys: SigningKeys | undefined,
  engine: Engine,
): Promise<VerifySignature | undefined> {
  if (keys === undefined) return undefined;
  const { createSignatureCheck } = await import('./wire/signature.ts');
  return createSignatureCheck(keys, () => engine.now, 'local.verifySignatures');
}

/** Such as are let in. */
function credentialsOf({ accessKeyIds, verifySignatures }: LocalKinesisOptions): ClientConfig['credentials'] {
  const [known] = Object.entries(verifySignatures ?? {}).filter(
    ([id]) => accessKeyIds === undefined || accessKeyIds.includes(id),
  );
  if (known === undefined) return { accessKeyId: accessKeyIds?.[0] ?? 'local', secretAccessKey: 'local' };
  const [accessKeyId, key] = known;
  return { accessKeyId, ...(typeof key === 'string' ? { secretAccessKey: key } : key) };
}

/** The program's own hook goes first. */
function firstOf(hook: Faults, rules: Faults): Faults {
  return (call) => hook(call) ?? rules(call);
}
