/** Shapes that several operations share, with the constraints of the service model. */
export const streamName = { type: 'string', pattern: '[a-zA-Z0-9_.-]+', min: 1, max: 128 } as const;

export const streamArn = {
  type: 'string',
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+',
  min: 1,
  max: 2048,
} as const;

export const streamId = { type: 'string', pattern: '[a-z0-9]{20}-[a-z0-9]{3}', min: 1, max: 24 } as const;

export const shardId = { type: 'string', pattern: '[a-zA-Z0-9_.-]+', min: 1, max: 128 } as const;

export const sequenceNumber = { type: 'string', pattern: '0|([1-9]\\d{0,128})' } as const;

export const hashKey = { type: 'string', pattern: '0|([1-9]\\d{0,38})' } as const;

export const partitionKey = { type: 'string', min: 1, max: 256 } as const;

export const data = { type: 'blob', max: 10_485_760 } as const;

export const nextToken = { type: 'string', min: 1, max: 1_048_576 } as const;

export const pageLimit = { type: 'integer', min: 1, max: 10_000 } as const;

export const tagKey = { type: 'string', min: 1, max: 128 } as const;

export const tagMap = {
  type: 'map',
  key: { type: 'string', min: 1, max: 128 },
  value: { type: 'string', min: 0, max: 256 },
  min: 1,
  max: 200,
} as const;

export const tagKeys = { type: 'list', item: { type: 'string', min: 1, max: 128 }, min: 1, max: 50 } as const;

export const streamMode = { type: 'string', values: ['PROVISIONED', 'ON_DEMAND'] } as const;

export const maxRecordSize = { type: 'integer', min: 1024, max: 10_240 } as const;

export const timestamp = { type: 'timestamp' } as const;

export const boolean = { type: 'boolean' } as const;

export const integer = { type: 'integer' } as const;

export const positive = { type: 'integer', min: 1 } as const;
