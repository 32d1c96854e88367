package kpl;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/** The Kinesis Producer Library, set up for a server on this machine, counting what becomes of its records. */
final class Kpl implements AutoCloseable {
    private final String stream;
    private final KinesisProducer producer;
    private final AtomicLong stored = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private volatile String failure = "";

    private final FutureCallback<UserRecordResult> callback = new FutureCallback<>() {
        @Override
        public void onSuccess(UserRecordResult result) {
            stored.incrementAndGet();
        }

        @Override
        public void onFailure(Throwable cause) {
            failure = String.valueOf(cause);
            failed.incrementAndGet();
        }
    };

    Kpl(String host, int port, String stream) {
        this.stream = stream;
        producer = new KinesisProducer(new KinesisProducerConfiguration()
                .setRegion("us-east-1")
                .setKinesisEndpoint(host)
                .setKinesisPort(port)
                .setVerifyCertificate(false)
                .setCredentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .setMetricsLevel("none")
                .setLogLevel("error")
                // The server sets no limit a shard, so the library's own must not be what is measured.
                .setRateLimit(1_000_000));
    }

    void put(String partitionKey, String explicitHashKey, byte[] data) {
        Futures.addCallback(
                producer.addUserRecord(stream, partitionKey, explicitHashKey, ByteBuffer.wrap(data)),
                callback,
                MoreExecutors.directExecutor());
    }

    /** The back-pressure the library's documentation shows: nothing bounds it by itself. */
    void waitWhileMoreThan(int outstanding) throws InterruptedException {
        while (producer.getOutstandingRecordsCount() > outstanding) Thread.sleep(1);
    }

    /** Waits until everything put is stored. */
    void flush(long records) throws InterruptedException {
        while (stored.get() + failed.get() < records) {
            producer.flush();
            Thread.sleep(1);
        }
        if (failed.get() > 0) throw new IllegalStateException(failed.get() + " records failed: " + failure);
    }

    @Override
    public void close() {
        producer.destroy();
    }
}
