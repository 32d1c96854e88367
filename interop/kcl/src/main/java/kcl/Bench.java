package kcl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;

/**
 * Works for every line of stdin. Argument: the endpoint.
 *
 * "read STREAM APPLICATION POLLING|FAN_OUT READ_MILLIS RECORDS" reads so many records with a handler that does nothing, and
 * answers seconds from the first to the last, CPU microseconds in that time, and peak resident MiB.
 * "idle STREAM APPLICATION SHARDS SECONDS" holds so many shards without records, and answers the share of a core in percent
 * and resident MiB.
 */
public final class Bench {
    public static void main(String[] args) throws Exception {
        try (Application application = new Application(args[0], args[0]);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(" ");
                System.out.println(fields[0].equals("idle") ? idle(application, fields) : read(application, fields));
            }
        }
        System.exit(0);
    }

    private static String read(Application application, String[] fields) throws Exception {
        Application.Work work =
                new Application.Work(fields[1], fields[2], "java", Application.Retrieval.valueOf(fields[3]));
        // Short, so that a round soon begins; none of it is in the time measured but the time between two reads.
        Application.Pace pace = new Application.Pace(3000, Long.parseLong(fields[4]), 200);
        Counter counter = new Counter(Long.parseLong(fields[5]), Integer.MAX_VALUE);
        Scheduler scheduler = application.scheduler(work, pace, counter::processor);
        Thread running = start(scheduler);
        long peak = 0;
        while (counter.complete.getCount() > 0) {
            peak = Math.max(peak, residentBytes());
            Thread.sleep(20);
        }
        stop(scheduler, running);
        double seconds = (counter.endedAt - counter.startedAt) / 1e9;
        return seconds + " " + counter.cpuAtEnd.minus(counter.cpuAtStart).toNanos() / 1000 + " " + mebibytes(peak);
    }

    private static String idle(Application application, String[] fields) throws Exception {
        Application.Work work = new Application.Work(fields[1], fields[2], "java", Application.Retrieval.POLLING);
        Counter counter = new Counter(Long.MAX_VALUE, Integer.parseInt(fields[3]));
        Scheduler scheduler = application.scheduler(work, null, counter::processor);
        Thread running = start(scheduler);
        counter.started.await();
        Thread.sleep(5000);
        Duration cpu = cpu();
        long startedAt = System.nanoTime();
        Thread.sleep(Duration.ofSeconds(Long.parseLong(fields[4])).toMillis());
        double share = 100.0 * cpu().minus(cpu).toNanos() / (System.nanoTime() - startedAt);
        long resident = residentBytes();
        stop(scheduler, running);
        return share + " " + mebibytes(resident);
    }

    /** Counts what comes, and notes when the first and the last of it came. */
    private static final class Counter {
        final CountDownLatch complete = new CountDownLatch(1);
        final CountDownLatch started;
        private final AtomicLong seen = new AtomicLong();
        private final long wanted;
        volatile long startedAt;
        volatile long endedAt;
        volatile Duration cpuAtStart = Duration.ZERO;
        volatile Duration cpuAtEnd = Duration.ZERO;

        Counter(long wanted, int shards) {
            this.wanted = wanted;
            started = new CountDownLatch(shards);
        }

        void add(int records) {
            long before = seen.getAndAdd(records);
            if (before == 0 && records > 0) {
                startedAt = System.nanoTime();
                cpuAtStart = cpu();
            }
            if (before < wanted && before + records >= wanted) {
                endedAt = System.nanoTime();
                cpuAtEnd = cpu();
                complete.countDown();
            }
        }

        ShardRecordProcessor processor() {
            return new ShardRecordProcessor() {
                @Override
                public void initialize(InitializationInput input) {
                    started.countDown();
                }

                @Override
                public void processRecords(ProcessRecordsInput input) {
                    add(input.records().size());
                    try {
                        if (!input.records().isEmpty()) input.checkpointer().checkpoint();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }

                @Override
                public void leaseLost(LeaseLostInput input) {}

                @Override
                public void shardEnded(ShardEndedInput input) {}

                @Override
                public void shutdownRequested(ShutdownRequestedInput input) {}
            };
        }
    }

    private static Thread start(Scheduler scheduler) {
        Thread running = new Thread(scheduler, "scheduler");
        running.start();
        return running;
    }

    private static void stop(Scheduler scheduler, Thread running) throws InterruptedException {
        scheduler.shutdown();
        running.join();
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static long residentBytes() throws IOException {
        String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
        return Long.parseLong(pages[1]) * 4096;
    }

    private static String mebibytes(long bytes) {
        return String.valueOf(bytes / 1_048_576.0);
    }

    private Bench() {}
}
