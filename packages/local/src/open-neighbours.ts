import { join } from 'node:path';

import type { Engine } from './engine/engine.ts';
import type { LocalKinesisOptions } from './local-kinesis-options.ts';
import type { LocalLambda } from './local-lambda.ts';
import { createCloudwatch } from './neighbours/cloudwatch/cloudwatch.ts';
import type { MetricStore } from './neighbours/cloudwatch/metric-store.ts';
import { createDynamodb } from './neighbours/dynamodb/dynamodb.ts';
import { guarded } from './neighbours/guarded.ts';
import { jsonCall } from './neighbours/json-call.ts';
import { createLambda } from './neighbours/lambda/lambda.ts';
import type { Neighbour } from './neighbours/neighbour.ts';
import type { Access } from './open-access.ts';
import { authorize } from './wire/authorization.ts';

interface NeighboursInit {
  readonly engine: Engine;
  readonly access: Access;
  readonly metrics: MetricStore;
  readonly lambda: () => Promise<LocalLambda>;
}

/** DynamoDB, CloudWatch and Lambda beside a Kinesis. They let in who Kinesis lets in. */
export function openNeighbours(
  { path }: LocalKinesisOptions,
  { engine, access, metrics, lambda }: NeighboursInit,
): readonly Neighbour[] {
  const { clock, region, accountId } = engine.options;
  const { rules, permit } = access;
  const now = (): number => engine.now;
  const dynamodb = createDynamodb({
    region,
    accountId,
    now,
    ...(path === undefined ? {} : { folder: join(path, 'dynamodb') }),
  });
  const cloudwatch = createCloudwatch({
    store: metrics,
    clock,
    region,
    accountId,
    authorize: (request) => authorize(request, rules, 'monitoring'),
    permit: permit?.cloudwatch,
  });
  const functions = createLambda({
    lambda,
    now,
    authorize: (request) => authorize(request, rules, 'lambda'),
    permit: permit?.lambda,
  });
  return [guardedTables(dynamodb, access), cloudwatch, functions];
}

/** Without signatures and policy nothing is asked of who wants leases, not even which keys they have. */
function guardedTables(dynamodb: Neighbour, { rules, permit }: Access): Neighbour {
  if (rules.verify === undefined && permit === undefined) return dynamodb;
  return guarded(dynamodb, (request) => {
    if (rules.verify !== undefined) authorize(request, rules, 'dynamodb');
    const { operation, input } = jsonCall(request);
    permit?.dynamodb(operation, input);
  });
}
