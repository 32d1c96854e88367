export const consumerName = { type: 'string', pattern: '[a-zA-Z0-9_.-]+', min: 1, max: 128 } as const;

export const consumerArn = {
  type: 'string',
  pattern: '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+',
  min: 1,
  max: 2048,
} as const;
