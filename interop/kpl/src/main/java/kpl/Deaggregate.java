package kpl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * Opens stored records as the Kinesis Client Library does. A line of stdin is a record: sequence number, partition key in
 * Base64, data in Base64, first and last hash key of its shard. A line of stdout is a user record: sequence number,
 * sub-sequence number, partition key in Base64, explicit hash key or -, data in Base64.
 */
public final class Deaggregate {
    public static void main(String[] args) throws Exception {
        AggregatorUtil aggregates = new AggregatorUtil();
        Base64.Decoder base64 = Base64.getDecoder();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
                PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split("\t", -1);
                KinesisClientRecord stored = KinesisClientRecord.builder()
                        .sequenceNumber(fields[0])
                        .partitionKey(new String(base64.decode(fields[1]), StandardCharsets.UTF_8))
                        .data(ByteBuffer.wrap(base64.decode(fields[2])))
                        .approximateArrivalTimestamp(Instant.EPOCH)
                        .build();
                for (KinesisClientRecord record : aggregates.deaggregate(List.of(stored), fields[3], fields[4])) {
                    print(out, record);
                }
            }
        }
    }

    private static void print(PrintStream out, KinesisClientRecord record) {
        Base64.Encoder base64 = Base64.getEncoder();
        byte[] data = new byte[record.data().remaining()];
        record.data().get(data);
        out.println(String.join(
                "\t",
                record.sequenceNumber(),
                Long.toString(record.subSequenceNumber()),
                base64.encodeToString(record.partitionKey().getBytes(StandardCharsets.UTF_8)),
                record.explicitHashKey() == null ? "-" : record.explicitHashKey(),
                base64.encodeToString(data)));
    }
}
