package kcl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import software.amazon.kinesis.coordinator.Scheduler;

/**
 * A worker that tells on stdout what it does, a line each (see {@link Teller}), until stdin ends: then it shuts down gracefully.
 * Arguments: Kinesis endpoint, DynamoDB endpoint, stream, application, worker, POLLING or FAN_OUT, failover time in
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
            Scheduler scheduler = application.scheduler(work, pace, () -> new Teller(limit));
            Thread running = new Thread(scheduler, "scheduler");
            running.start();
            while (commands.readLine() != null) continue;
            scheduler.startGracefulShutdown().get(30, TimeUnit.SECONDS);
            running.join(TimeUnit.SECONDS.toMillis(30));
        }
    }

    private Worker() {}
}
