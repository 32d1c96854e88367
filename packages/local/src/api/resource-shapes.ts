export const resourceArn = {
  type: 'string',
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:.*(stream|channel|queue)/\\S+',
  min: 1,
  max: 2048,
} as const;

export const keyId = { type: 'string', min: 1, max: 2048 } as const;

export const natural = { type: 'integer', min: 0 } as const;

export const distributionStrategy = { type: 'string', values: ['AUTO', 'USER_PARTITION_KEY'] } as const;
