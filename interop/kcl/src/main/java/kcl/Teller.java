package kcl;

import java.nio.charset.StandardCharsets;

import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * Tells what it is given, fields separated by tabs: "start", "record" (with sequence number, sub-sequence number and the data,
 * which is text), "checkpoint" (with both numbers), "lost", "end"; each with its shard. It checkpoints after every batch.
 *
 * With a limit it stops at the first record behind it that lies inside an aggregate, checkpoints exactly there, and touches
 * nothing more: what comes after is another worker's.
 */
final class Teller implements ShardRecordProcessor {
    private final String prefix;
    private final int limit;
    private String shard = "";
    private int handled;
    private boolean full;

    /** `prefix`: stands before the id of its shard in all it tells. */
    Teller(String prefix, int limit) {
        this.prefix = prefix;
        this.limit = limit;
    }

    @Override
    public void initialize(InitializationInput input) {
        shard = prefix + input.shardId();
        tell("start", input.extendedSequenceNumber().sequenceNumber(), input.extendedSequenceNumber().subSequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        if (full) return;
        for (KinesisClientRecord record : input.records()) {
            tell(
                    "record",
                    record.sequenceNumber(),
                    record.subSequenceNumber(),
                    StandardCharsets.UTF_8.decode(record.data()));
            handled++;
            full = limit > 0 && handled >= limit && record.subSequenceNumber() > 0;
            if (full) {
                checkpoint(() ->
                        input.checkpointer().checkpoint(record.sequenceNumber(), record.subSequenceNumber()));
                tell("checkpoint", record.sequenceNumber(), record.subSequenceNumber());
                return;
            }
        }
        if (!input.records().isEmpty()) checkpoint(input.checkpointer()::checkpoint);
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        tell("lost");
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        tell("end");
        checkpoint(input.checkpointer()::checkpoint);
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        RecordProcessorCheckpointer checkpointer = input.checkpointer();
        if (!full) checkpoint(checkpointer::checkpoint);
    }

    private interface Checkpoint {
        void write() throws InvalidStateException, ShutdownException;
    }

    /** A worker that has lost its lease meanwhile is told so by {@link #leaseLost}; what is not stored is handled again. */
    private void checkpoint(Checkpoint checkpoint) {
        try {
            checkpoint.write();
        } catch (ShutdownException lost) {
            return;
        } catch (InvalidStateException unusable) {
            throw new IllegalStateException(unusable);
        }
    }

    private void tell(String what, Object... details) {
        StringBuilder line = new StringBuilder(what).append('\t').append(shard);
        for (Object detail : details) line.append('\t').append(detail);
        synchronized (System.out) {
            System.out.println(line);
        }
    }
}
