// By hand with AWS's own de-aggregation.
import { deaggregateSync } from 'aws-kinesis-agg';

export const handler = async ({ Records }) => {
  for (const { kinesis } of Records) {
    try {
      deaggregateSync(kinesis, true, (error, records) => {
        if (error) throw error;
        for (const { data } of records)
          console.log(JSON.parse(Buffer.from(data, 'base64').toString('utf8')).id);
      });
    } catch (error) {
      console.error(error);
      return { batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
};
