// A record processor of the aws-kcl package, as its users write them: the daemon starts one process of it for each shard. It tells
// what it is given on the socket it is pointed to (only how much, with TELL=counts), and checkpoints after every batch. Plain
// JavaScript, since the daemon starts it.
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import process from 'node:process';

const { AWS_KCL: library = '', TELL_PORT: port = '', TELL: how = 'records' } = process.env;
const kcl = createRequire(library)('aws-kcl');
const socket = connect(Number(port), '127.0.0.1');
let shardId = '';

/** Resolves once it has left this process. */
function tell(what, fields = {}) {
  return new Promise((resolve) => {
    socket.write(`${JSON.stringify({ what, shardId, ...fields })}\n`, () => resolve(undefined));
  });
}

function checkpoint(checkpointer) {
  return new Promise((resolve) => {
    checkpointer.checkpoint(() => resolve(undefined));
  });
}

/** Text, as whoever puts here puts it. */
function textOf({ data, sequenceNumber, subSequenceNumber }) {
  return { sequenceNumber, subSequenceNumber, text: Buffer.from(data, 'base64').toString() };
}

/** The package wants a callback. What fails ends the process, and with it the daemon. */
async function answer(work, done) {
  await work;
  done();
}

async function handle({ records, checkpointer }) {
  if (records.length === 0) return;
  const told = how === 'counts' ? { count: records.length } : { records: records.map(textOf) };
  await tell(how === 'counts' ? 'count' : 'records', told);
  await checkpoint(checkpointer);
}

kcl({
  initialize(input, done) {
    ({ shardId } = input);
    void answer(tell('start'), done);
  },
  processRecords: (input, done) => void answer(handle(input), done),
  leaseLost: (_input, done) => void answer(tell('lost'), done),
  shardEnded: ({ checkpointer }, done) =>
    void answer(
      tell('end').then(() => checkpoint(checkpointer)),
      done,
    ),
  shutdownRequested: ({ checkpointer }, done) => void answer(checkpoint(checkpointer), done),
}).run();
