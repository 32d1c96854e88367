import type { Neighbour } from '../neighbour.ts';
import type { DynamodbService, DynamodbOptions } from './dynamodb-service.ts';

/**
 * DynamoDB for leases, in memory or in a folder: dynalite, and what the KCL wants beyond it. Loaded with the first
 * request to it. It keeps the machine's own time, so it does not follow a manual clock.
 */
export function createDynamodb(options: DynamodbOptions): Neighbour {
  let service: Promise<DynamodbService> | undefined;
  return {
    targets: ['DynamoDB_20120810', 'DynamoDB_20111205'],
    async answer(request) {
      service ??= load(options);
      return (await service).answer(request);
    },
    async close() {
      const loaded = await service;
      service = undefined;
      await loaded?.close();
    },
  };
}

async function load(options: DynamodbOptions): Promise<DynamodbService> {
  const { createDynamodbService } = await import('./dynamodb-service.ts');
  return createDynamodbService(options);
}
