// Command roundtrip goes a round against a Kinesis endpoint: roundtrip ENDPOINT [CERTIFICATE].
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const shardID = "shardId-000000000000"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	client, err := connect(args)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *kinesis.Client) error{records, subscription, failure} {
		if err := step(ctx, client); err != nil {
			return err
		}
	}
	return nil
}

func connect(args []string) (*kinesis.Client, error) {
	options := kinesis.Options{
		BaseEndpoint: aws.String(args[0]),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
	if len(args) > 1 {
		pem, err := os.ReadFile(args[1])
		if err != nil {
			return nil, err
		}
		trusted := x509.NewCertPool()
		if !trusted.AppendCertsFromPEM(pem) {
			return nil, errors.New("the certificate cannot be read")
		}
		options.HTTPClient = &http.Client{Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: trusted},
			ForceAttemptHTTP2: true,
		}}
	}
	return kinesis.New(options), nil
}

func records(ctx context.Context, client *kinesis.Client) error {
	name := aws.String("go-records")
	if _, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(2)}); err != nil {
		return err
	}
	exists := kinesis.NewStreamExistsWaiter(client)
	if err := exists.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: name}, 10*time.Second); err != nil {
		return err
	}
	data := []byte{0, 0xff, 1, 0xfe}
	entries := make([]types.PutRecordsRequestEntry, 500)
	for n := range entries {
		entries[n] = types.PutRecordsRequestEntry{Data: data, PartitionKey: aws.String(fmt.Sprintf("key-%d", n))}
	}
	put, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: name, Records: entries})
	if err != nil {
		return err
	}
	if *put.FailedRecordCount != 0 || len(put.Records) != 500 {
		return fmt.Errorf("%d of %d records failed", *put.FailedRecordCount, len(put.Records))
	}
	middle := new(big.Int).Lsh(big.NewInt(1), 126)
	if _, err := client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: name, ShardToSplit: aws.String(shardID), NewStartingHashKey: aws.String(middle.String()),
	}); err != nil {
		return err
	}
	if _, err := client.MergeShards(ctx, &kinesis.MergeShardsInput{
		StreamName: name, ShardToMerge: aws.String("shardId-000000000002"), AdjacentShardToMerge: aws.String("shardId-000000000003"),
	}); err != nil {
		return err
	}
	listed, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: name})
	if err != nil {
		return err
	}
	if len(listed.Shards) != 5 {
		return fmt.Errorf("%d shards are listed instead of 5", len(listed.Shards))
	}
	read := 0
	for _, shard := range listed.Shards {
		iterator, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: name, ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			return err
		}
		got, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator})
		if err != nil {
			return err
		}
		for _, record := range got.Records {
			if !bytes.Equal(record.Data, data) {
				return fmt.Errorf("a record has other bytes: %v", record.Data)
			}
			if age := time.Since(*record.ApproximateArrivalTimestamp); age.Abs() > time.Minute {
				return fmt.Errorf("a record arrived %v ago", age)
			}
		}
		read += len(got.Records)
	}
	if read != 500 {
		return fmt.Errorf("%d records are read instead of 500", read)
	}
	_, err = client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: name})
	return err
}

func subscription(ctx context.Context, client *kinesis.Client) error {
	name := aws.String("go-subscription")
	if _, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)}); err != nil {
		return err
	}
	summary, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: name})
	if err != nil {
		return err
	}
	registered, err := client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: summary.StreamDescriptionSummary.StreamARN, ConsumerName: aws.String("billing"),
	})
	if err != nil {
		return err
	}
	subscribed, err := client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: registered.Consumer.ConsumerARN, ShardId: aws.String(shardID),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	if err != nil {
		return err
	}
	stream := subscribed.GetStream()
	defer stream.Close()
	data := []byte("order one, äöü")
	put, err := client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("ada"), Data: data})
	if err != nil {
		return err
	}
	event, err := next(stream.Events())
	if err != nil {
		return err
	}
	if len(event.Records) != 1 || !bytes.Equal(event.Records[0].Data, data) || *event.ContinuationSequenceNumber != *put.SequenceNumber {
		return fmt.Errorf("the event is not of the record put: %+v", event)
	}
	if _, err := client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: name, ShardToSplit: aws.String(shardID),
		NewStartingHashKey: aws.String(new(big.Int).Lsh(big.NewInt(1), 127).String()),
	}); err != nil {
		return err
	}
	event, err = next(stream.Events())
	if err != nil {
		return err
	}
	if len(event.ChildShards) != 2 || event.ContinuationSequenceNumber != nil {
		return fmt.Errorf("the last event does not tell of two children: %+v", event)
	}
	if _, open := <-stream.Events(); open {
		return errors.New("the subscription goes on after the end of its shard")
	}
	return stream.Err()
}

func next(events <-chan types.SubscribeToShardEventStream) (types.SubscribeToShardEvent, error) {
	for event := range events {
		member, ok := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
		if !ok {
			return types.SubscribeToShardEvent{}, fmt.Errorf("an event of another kind: %T", event)
		}
		if len(member.Value.Records) > 0 || len(member.Value.ChildShards) > 0 {
			return member.Value, nil
		}
	}
	return types.SubscribeToShardEvent{}, errors.New("the subscription ended early")
}

func failure(ctx context.Context, client *kinesis.Client) error {
	_, err := client.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: aws.String("nowhere")})
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		return fmt.Errorf("a stream that is not there gives %v", err)
	}
	return nil
}
