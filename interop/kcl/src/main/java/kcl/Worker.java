package kcl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;

/**
 * A worker that tells on stdout what it does, a line each (see {@link Teller}), until stdin ends: then it shuts down gracefully, and
 * tells "waits" when that takes too long.
 * Arguments: Kinesis endpoint, DynamoDB endpoint, stream (or several, with commas between), application, worker, POLLING or FAN_OUT, failover time in
 * milliseconds, records of a shard to handle at most (0: all).
 */
public final class Worker {
    public static void main(String[] args) {
        try {
            work(args);
            System.exit(0);
        } catch (Exception failed) {
            // The library's threads would keep the process for good.
            failed.printStackTrace();
            System.exit(1);
        }
    }

    private static void work(String[] args) throws Exception {
        Application.Work work =
                new Application.Work(args[2], args[3], args[4], Application.Retrieval.valueOf(args[5]));
        Application.Pace pace = new Application.Pace(Long.parseLong(args[6]), 200, 200);
        int limit = Integer.parseInt(args[7]);
        try (Application application = new Application(args[0], args[1]);
                BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            Scheduler scheduler = application.scheduler(work, pace, tellers(work, limit));
            Thread running = new Thread(scheduler, "scheduler");
            running.start();
            while (commands.readLine() != null) continue;
            leave(scheduler);
            running.join(TimeUnit.SECONDS.toMillis(30));
        }
    }

    private static ShardRecordProcessorFactory tellers(Application.Work work, int limit) {
        return new ShardRecordProcessorFactory() {
            @Override
            public ShardRecordProcessor shardRecordProcessor() {
                return new Teller("", limit);
            }

            @Override
            public ShardRecordProcessor shardRecordProcessor(StreamIdentifier stream) {
                return new Teller(work.isOfSeveral() ? stream.streamName() + "/" : "", limit);
            }
        };
    }

    /** Gracefully; where that does not end, it says so and shuts down all the same. */
    private static void leave(Scheduler scheduler) throws Exception {
        try {
            scheduler.startGracefulShutdown().get(15, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            System.out.println("waits\t");
            scheduler.shutdown();
        }
    }

    private Worker() {}
}
