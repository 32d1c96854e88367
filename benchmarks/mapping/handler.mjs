// What a handler does at least: look at every record's data.
export const handler = async (event) => {
  let bytes = 0;
  for (const { kinesis } of event.Records) bytes += Buffer.from(kinesis.data, 'base64').length;
  return bytes < 0 ? { batchItemFailures: [{ itemIdentifier: '' }] } : { batchItemFailures: [] };
};
