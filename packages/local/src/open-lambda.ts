import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Connection } from '@millrace/kinesis';

import type { Service } from './api/service.ts';
import type { KeptMapping, MappingKeeper } from './event-source/kept-mapping.ts';
import type { LocalKinesisOptions } from './local-kinesis-options.ts';
import type { LocalLambda, LocalLambdaInit } from './local-lambda.ts';

interface LambdaInit {
  readonly service: Service;
  readonly connection: Connection;
  readonly meter: NonNullable<LocalLambdaInit['meter']>;
}

/** Loaded by who needs it: a Kinesis alone is there sooner. */
export async function openLambda(options: LocalKinesisOptions, init: LambdaInit): Promise<LocalLambda> {
  const { functions = {}, path, repair = false, destinationFolder } = options;
  const { service, connection, meter } = init;
  const [{ LocalLambda: Lambda }, { checkEngineSource, createEngineSource }] = await Promise.all([
    import('./local-lambda.ts'),
    import('./event-source/engine-source.ts'),
  ]);
  const lambda = new Lambda({
    meter,
    destinationFolder,
    ...service.engine.options,
    keeper: path === undefined ? undefined : await openKeeper(path, repair),
    source: (eventSourceArn) => createEngineSource({ service, connection, eventSourceArn }),
    checkEventSource: (arn) => checkEngineSource(service, arn),
  });
  for (const [name, code] of Object.entries(functions)) await lambda.functions.add(code, { name });
  // Theirs are there now; those that a program brings later are waited for.
  lambda.mappings.resume();
  return lambda;
}

/** Whether a folder may have mappings to go on with. */
export function hasMappings(path: string | undefined): boolean {
  return path !== undefined && existsSync(mappingsFile(path));
}

/** In a file of their own, which is written as often as one of them comes further. */
async function openKeeper(path: string, repair: boolean): Promise<MappingKeeper> {
  const { StateFile } = await import('./storage/state-file.ts');
  const file = new StateFile<MappingsState>(mappingsFile(path));
  return {
    load: () => file.load(repair)?.mappings ?? [],
    save: (mappings) => file.save({ version: 1, mappings }),
  };
}

interface MappingsState {
  readonly version: 1;
  readonly mappings: readonly KeptMapping[];
}

function mappingsFile(path: string): string {
  return join(path, 'mappings.json');
}
