package roundtrip;

import java.io.InputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Arguments: sync | async, the endpoint, and for https a file with the certificate to trust. */
public final class RoundTrip {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

  public static void main(String[] args) throws Exception {
    URI endpoint = URI.create(args[1]);
    if (args[0].equals("sync")) {
      try (KinesisClient kinesis =
          KinesisClient.builder()
              .endpointOverride(endpoint)
              .region(Region.US_EAST_1)
              .credentialsProvider(CREDENTIALS)
              .build()) {
        sync(kinesis);
      }
      return;
    }
    NettyNioAsyncHttpClient.Builder http = NettyNioAsyncHttpClient.builder();
    if (args.length > 2) http.tlsTrustManagersProvider(() -> trust(Path.of(args[2])));
    try (KinesisAsyncClient kinesis =
        KinesisAsyncClient.builder()
            .endpointOverride(endpoint)
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .httpClientBuilder(http)
            .build()) {
      async(kinesis);
    }
  }

  private static void sync(KinesisClient kinesis) {
    String name = "java-sync";
    Instant before = Instant.now().minusSeconds(1);
    kinesis.createStream(b -> b.streamName(name).shardCount(2));
    kinesis.waiter().waitUntilStreamExists(b -> b.streamName(name));
    check(kinesis.listStreams().streamNames().contains(name), "the stream is listed");

    SdkBytes data = SdkBytes.fromByteArray(new byte[] {0, (byte) 0xff, 1, (byte) 0xfe});
    String first = kinesis.putRecord(b -> b.streamName(name).partitionKey("ada").data(data)).sequenceNumber();
    var batch =
        kinesis.putRecords(
            b ->
                b.streamName(name)
                    .records(
                        IntStream.range(0, 500)
                            .mapToObj(
                                n -> PutRecordsRequestEntry.builder().partitionKey("key-" + n).data(data).build())
                            .toList()));
    check(batch.failedRecordCount() == 0 && batch.records().size() == 500, "all are taken");

    List<Shard> shards = kinesis.listShards(b -> b.streamName(name)).shards();
    check(shards.size() == 2, "two shards are listed");
    BigInteger start = new BigInteger(shards.get(0).hashKeyRange().startingHashKey());
    BigInteger end = new BigInteger(shards.get(0).hashKeyRange().endingHashKey());
    kinesis.splitShard(
        b ->
            b.streamName(name)
                .shardToSplit(shards.get(0).shardId())
                .newStartingHashKey(start.add(end).shiftRight(1).toString()));
    waitUntilActive(kinesis, name);
    kinesis.mergeShards(
        b ->
            b.streamName(name)
                .shardToMerge("shardId-000000000002")
                .adjacentShardToMerge("shardId-000000000003"));
    waitUntilActive(kinesis, name);
    check(kinesis.listShards(b -> b.streamName(name)).shards().size() == 5, "split and merge left five shards");

    List<Record> read = new ArrayList<>();
    for (Shard shard : shards) {
      String iterator =
          kinesis
              .getShardIterator(
                  b ->
                      b.streamName(name)
                          .shardId(shard.shardId())
                          .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                          .timestamp(before))
              .shardIterator();
      String from = iterator;
      read.addAll(kinesis.getRecords(b -> b.shardIterator(from)).records());
    }
    check(read.size() == 501, "501 records are read");
    check(read.stream().allMatch(r -> r.data().equals(data)), "their bytes are those put");
    check(
        read.stream()
            .allMatch(
                r ->
                    Duration.between(before, r.approximateArrivalTimestamp()).abs().compareTo(PATIENCE) < 0),
        "they arrived now");
    check(read.stream().anyMatch(r -> r.sequenceNumber().equals(first)), "the first is among them");

    var summary = kinesis.describeStreamSummary(b -> b.streamName(name)).streamDescriptionSummary();
    check(summary.streamStatus() == StreamStatus.ACTIVE, "it is ACTIVE");
    check(
        Duration.between(before, summary.streamCreationTimestamp()).abs().compareTo(PATIENCE) < 0,
        "it was created now");
    try {
      kinesis.describeStream(b -> b.streamName("nowhere"));
      throw new AssertionError("a stream that is not there was described");
    } catch (ResourceNotFoundException expected) {
      check(expected.getMessage().contains("nowhere"), "the error names the stream");
    }
    kinesis.deleteStream(b -> b.streamName(name));
    kinesis.waiter().waitUntilStreamNotExists(b -> b.streamName(name));
  }

  private static void waitUntilActive(KinesisClient kinesis, String name) {
    kinesis.waiter().waitUntilStreamExists(b -> b.streamName(name));
  }

  private static void async(KinesisAsyncClient kinesis) throws Exception {
    String name = "java-async";
    kinesis.createStream(b -> b.streamName(name).shardCount(1)).get();
    kinesis.waiter().waitUntilStreamExists(b -> b.streamName(name)).get();
    String streamArn =
        kinesis.describeStreamSummary(b -> b.streamName(name)).get().streamDescriptionSummary().streamARN();
    String consumerArn =
        kinesis
            .registerStreamConsumer(b -> b.streamARN(streamArn).consumerName("billing"))
            .get()
            .consumer()
            .consumerARN();

    LinkedBlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
    CompletableFuture<Void> subscribed = new CompletableFuture<>();
    CompletableFuture<Void> ended = subscribe(kinesis, consumerArn, events, subscribed);
    subscribed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

    SdkBytes data = SdkBytes.fromUtf8String("order one, äöü");
    String sequenceNumber =
        kinesis
            .putRecord(b -> b.streamName(name).partitionKey("ada").data(data))
            .get()
            .sequenceNumber();
    SubscribeToShardEvent event = next(events);
    check(event.records().size() == 1, "one record comes");
    check(event.records().get(0).data().equals(data), "its bytes are those put");
    check(event.continuationSequenceNumber().equals(sequenceNumber), "it goes on after the record");
    check(
        Duration.between(Instant.now(), event.records().get(0).approximateArrivalTimestamp())
                .abs()
                .compareTo(PATIENCE)
            < 0,
        "it arrived now");

    try {
      subscribe(kinesis, consumerArn, new LinkedBlockingQueue<>(), new CompletableFuture<>())
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("a second subscription within five seconds was let in");
    } catch (java.util.concurrent.ExecutionException expected) {
      check(expected.getCause() instanceof ResourceInUseException, "it is in use: " + expected.getCause());
    }

    kinesis
        .splitShard(
            b ->
                b.streamName(name)
                    .shardToSplit("shardId-000000000000")
                    .newStartingHashKey(BigInteger.ONE.shiftLeft(127).toString()))
        .get();
    SubscribeToShardEvent last = next(events);
    check(last.continuationSequenceNumber() == null, "there is nothing to go on with");
    check(last.childShards().size() == 2, "two children follow");
    ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

    kinesis.deregisterStreamConsumer(b -> b.consumerARN(consumerArn)).get();
    kinesis.deleteStream(b -> b.streamName(name)).get();
  }

  private static CompletableFuture<Void> subscribe(
      KinesisAsyncClient kinesis,
      String consumerArn,
      LinkedBlockingQueue<SubscribeToShardEvent> events,
      CompletableFuture<Void> subscribed) {
    SubscribeToShardResponseHandler handler =
        SubscribeToShardResponseHandler.builder()
            .onResponse(response -> subscribed.complete(null))
            .onError(subscribed::completeExceptionally)
            .subscriber(
                SubscribeToShardResponseHandler.Visitor.builder()
                    .onSubscribeToShardEvent(
                        event -> {
                          if (event.continuationSequenceNumber() == null || event.hasRecords() && !event.records().isEmpty()) {
                            events.add(event);
                          }
                        })
                    .build())
            .build();
    return kinesis.subscribeToShard(
        b ->
            b.consumerARN(consumerArn)
                .shardId("shardId-000000000000")
                .startingPosition(StartingPosition.builder().type(ShardIteratorType.LATEST).build()),
        handler);
  }

  private static SubscribeToShardEvent next(LinkedBlockingQueue<SubscribeToShardEvent> events)
      throws InterruptedException {
    SubscribeToShardEvent event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    check(event != null, "an event comes in time");
    return event;
  }

  private static javax.net.ssl.TrustManager[] trust(Path certificate) {
    try (InputStream pem = Files.newInputStream(certificate)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null);
      store.setCertificateEntry("millrace", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError("It does not hold that " + what + ".");
  }

  private RoundTrip() {}
}
