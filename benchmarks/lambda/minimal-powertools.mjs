// The same with Powertools; it opens no aggregates.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';

const processor = new BatchProcessor(EventType.KinesisDataStreams);

const handle = async ({ kinesis }) =>
  console.log(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')).id);

export const handler = async (event, context) =>
  processPartialResponse(event, handle, processor, { context, processInParallel: false });
