// Fails the record whose value says so, and answers as a mapping with ReportBatchItemFailures wants it.
export const handler = async ({ Records }) => {
  console.log(`got ${Records.length}`);
  const failed = Records.find(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString() === 'bad');
  return {
    batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.kinesis.sequenceNumber }],
  };
};

export const throwing = async () => {
  throw new TypeError('x is undefined');
};

export const stranger = async () => ({ batchItemFailures: [{ itemIdentifier: '1' }] });

export const slow = () => new Promise((resolve) => setTimeout(resolve, 60_000));
