package kcl;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

import software.amazon.awssdk.arns.Arn;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.common.StreamConfig;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.FormerStreamsLeasesDeletionStrategy;
import software.amazon.kinesis.processor.MultiStreamTracker;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.processor.StreamTracker;
import software.amazon.kinesis.retrieval.RetrievalConfig;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** Workers of the Kinesis Client Library, set up for a server on this machine and without CloudWatch, else as they come. */
final class Application implements AutoCloseable {
    private static final InitialPositionInStreamExtended OLDEST =
            InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);

    private final KinesisAsyncClient kinesis;
    private final DynamoDbAsyncClient dynamodb;
    private final CloudWatchAsyncClient cloudwatch;

    Application(String kinesisEndpoint, String dynamodbEndpoint) {
        kinesis = KinesisClientUtil.createKinesisAsyncClient(local(KinesisAsyncClient.builder(), kinesisEndpoint));
        dynamodb = local(DynamoDbAsyncClient.builder(), dynamodbEndpoint).build();
        cloudwatch = local(CloudWatchAsyncClient.builder(), kinesisEndpoint).build();
    }

    enum Retrieval {
        POLLING,
        FAN_OUT
    }

    /** What a worker is called, what it reads and how; several streams are separated by commas, and polled. */
    record Work(String stream, String application, String worker, Retrieval retrieval) {
        boolean isOfSeveral() {
            return stream.contains(",");
        }
    }

    /** How long it waits: for the renewal of a lease, between two reads of a shard, and between two looks at anything else. */
    record Pace(long failoverMillis, long readMillis, long lookMillis) {}

    /** `pace` null: the library's own. */
    Scheduler scheduler(Work work, Pace pace, ShardRecordProcessorFactory processors) {
        ConfigsBuilder configs = new ConfigsBuilder(
                work.isOfSeveral() ? several(work) : new SingleStreamTracker(work.stream(), OLDEST),
                work.application(),
                kinesis,
                dynamodb,
                cloudwatch,
                work.worker(),
                processors);
        CoordinatorConfig coordinator = configs.coordinatorConfig();
        LeaseManagementConfig leases = configs.leaseManagementConfig();
        if (pace != null) {
            coordinator
                    .parentShardPollIntervalMillis(pace.lookMillis())
                    .shardConsumerDispatchPollIntervalMillis(pace.lookMillis())
                    .schedulerInitializationBackoffTimeMillis(pace.lookMillis());
            leases.failoverTimeMillis(pace.failoverMillis())
                    .listShardsCacheAllowedAgeInSeconds(1)
                    // Not between two syncs: the rest after each, the first included.
                    .shardSyncIntervalMillis(pace.lookMillis());
        }
        RetrievalConfig retrieval = configs.retrievalConfig().retrievalSpecificConfig(specific(work, pace));
        return new Scheduler(
                configs.checkpointConfig(),
                coordinator,
                leases,
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(),
                retrieval);
    }

    @Override
    public void close() {
        kinesis.close();
        dynamodb.close();
        cloudwatch.close();
    }

    private StreamTracker several(Work work) {
        List<StreamConfig> streams = Arrays.stream(work.stream().split(","))
                .map(name -> new StreamConfig(identifierOf(name), OLDEST))
                .toList();
        return new MultiStreamTracker() {
            @Override
            public List<StreamConfig> streamConfigList() {
                return streams;
            }

            @Override
            public FormerStreamsLeasesDeletionStrategy formerStreamsLeasesDeletionStrategy() {
                return new FormerStreamsLeasesDeletionStrategy.NoLeaseDeletionStrategy();
            }
        };
    }

    private StreamIdentifier identifierOf(String stream) {
        StreamDescriptionSummary summary = kinesis.describeStreamSummary(b -> b.streamName(stream))
                .join()
                .streamDescriptionSummary();
        return StreamIdentifier.multiStreamInstance(
                Arn.fromString(summary.streamARN()), summary.streamCreationTimestamp().getEpochSecond());
    }

    private RetrievalSpecificConfig specific(Work work, Pace pace) {
        if (work.retrieval() == Retrieval.FAN_OUT) {
            return new FanOutConfig(kinesis).streamName(work.stream()).applicationName(work.application());
        }
        PollingConfig polling =
                work.isOfSeveral() ? new PollingConfig(kinesis) : new PollingConfig(work.stream(), kinesis);
        return pace == null ? polling : polling.idleTimeBetweenReadsInMillis(pace.readMillis());
    }

    private static <B extends AwsClientBuilder<B, ?>> B local(B builder, String endpoint) {
        return builder
                .endpointOverride(URI.create(endpoint))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")));
    }
}
