// The floor: an HTTP server on Node's own that reads the whole body, parses it as JSON and answers the same bytes
// to every call of one kind. No Kinesis can do less. GetRecords is answered with what PUT to it first.
import { createServer } from 'node:http';

const put = Buffer.from(
  JSON.stringify({
    FailedRecordCount: 0,
    Records: Array.from({ length: 500 }, () => ({
      SequenceNumber: '49600000000000000000000000000000000000000000000000000000',
      ShardId: 'shardId-000000000000',
    })),
  }),
);
const streams = Buffer.from('{"HasMoreStreams":false,"StreamNames":[]}');
let page = streams;

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (request.method === 'PUT') page = body;
    else JSON.parse(body.toString());
    const target = request.headers['x-amz-target'];
    const answer = target === 'Kinesis_20131202.PutRecords' ? put : request.method === 'PUT' ? streams : page;
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': answer.length,
    });
    response.end(answer);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
