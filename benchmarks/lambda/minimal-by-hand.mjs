// The same by hand; it opens no aggregates.
export const handler = async ({ Records }) => {
  for (const { kinesis } of Records) {
    try {
      console.log(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')).id);
    } catch (error) {
      console.error(error);
      return { batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
};
