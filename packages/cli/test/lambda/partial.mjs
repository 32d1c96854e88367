// Fails the record whose value says so, and answers as a mapping with ReportBatchItemFailures wants it.
export const handler = async ({ Records }) => {
  console.log(`got ${Records.length} of ${Records[0]?.eventSourceARN}`);
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

// Gathers a tumbling window, and tells what it ends with.
export const windowed = async ({ Records, state, window, isFinalInvokeForWindow }) => {
  const values = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  console.log(`${isFinalInvokeForWindow ? 'end' : 'part'} of ${window.start}: ${JSON.stringify(state)}`);
  if (state.broken) throw new Error('database is down');
  return { state: { seen: [...(state.seen ?? []), ...values] } };
};
