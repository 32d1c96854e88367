import type { Connection } from '@millrace/kinesis';

import type { Place } from '../handled.ts';
import { expand, readStored } from '../user-records.ts';

/** Where every user record of a stream stands, shard by shard and in order. */
export async function placesOf(
  connection: Connection,
  stream: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const places = new Map<string, string[]>();
  for (const each of await readStored(connection, stream)) {
    const { shardId } = each.shard;
    const list = places.get(shardId) ?? [];
    places.set(shardId, list);
    list.push(...expand([each]).map((record) => placeOf({ shardId, ...record })));
  }
  return places;
}

/** A place as text, which is equal where it is. */
export function placeOf({ shardId, sequenceNumber, subSequenceNumber }: Place): string {
  return `${shardId} ${sequenceNumber} ${subSequenceNumber}`;
}
