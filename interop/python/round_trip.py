"""A round through Kinesis and DynamoDB with boto3; the endpoint comes from the environment."""

import datetime
import os

import boto3
from botocore.exceptions import ClientError

# Given by hand, since boto3 before 1.28 does not read the variable itself.
endpoint = os.environ["AWS_ENDPOINT_URL"]
kinesis = boto3.client("kinesis", endpoint_url=endpoint)
dynamodb = boto3.client("dynamodb", endpoint_url=endpoint)


def expect_error(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"expected {code}")


def read(shard_id, **start):
    iterator = kinesis.get_shard_iterator(StreamName="orders", ShardId=shard_id, **start)["ShardIterator"]
    records = []
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        if answer["MillisBehindLatest"] == 0 and not answer["Records"]:
            break
        iterator = answer.get("NextShardIterator")
    return records, answer


kinesis.create_stream(StreamName="orders", ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName="orders")

payload = bytes(range(256))
first = kinesis.put_record(StreamName="orders", PartitionKey="ключ", Data=payload)
batch = kinesis.put_records(
    StreamName="orders",
    Records=[{"Data": b"%d" % n, "PartitionKey": str(n), "ExplicitHashKey": str(n)} for n in range(500)],
)
assert batch["FailedRecordCount"] == 0
assert len({entry["SequenceNumber"] for entry in batch["Records"]}) == 500

records, _ = read("shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
assert len(records) == 501
assert records[0]["Data"] == payload
assert records[0]["PartitionKey"] == "ключ"
assert records[0]["SequenceNumber"] == first["SequenceNumber"]
age = datetime.datetime.now(datetime.timezone.utc) - records[0]["ApproximateArrivalTimestamp"]
assert abs(age.total_seconds()) < 60

records, _ = read(
    "shardId-000000000000",
    ShardIteratorType="AFTER_SEQUENCE_NUMBER",
    StartingSequenceNumber=first["SequenceNumber"],
)
assert [int(record["Data"]) for record in records] == list(range(500))

kinesis.split_shard(StreamName="orders", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
kinesis.get_waiter("stream_exists").wait(StreamName="orders")
_, last = read("shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
assert {child["ShardId"] for child in last["ChildShards"]} == {"shardId-000000000001", "shardId-000000000002"}
kinesis.merge_shards(
    StreamName="orders", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
)
kinesis.get_waiter("stream_exists").wait(StreamName="orders")
open_shards = kinesis.list_shards(StreamName="orders", ShardFilter={"Type": "AT_LATEST"})["Shards"]
assert [shard["ShardId"] for shard in open_shards] == ["shardId-000000000003"]

stream_arn = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
consumer = kinesis.register_stream_consumer(StreamARN=stream_arn, ConsumerName="billing")["Consumer"]
subscription = kinesis.subscribe_to_shard(
    ConsumerARN=consumer["ConsumerARN"],
    ShardId="shardId-000000000000",
    StartingPosition={"Type": "TRIM_HORIZON"},
)
events = [event["SubscribeToShardEvent"] for event in subscription["EventStream"]]
assert sum(len(event["Records"]) for event in events) == 501
assert events[0]["Records"][0]["Data"] == payload
assert {child["ShardId"] for child in events[-1]["ChildShards"]} == {
    "shardId-000000000001",
    "shardId-000000000002",
}
expect_error(
    "ResourceInUseException",
    kinesis.subscribe_to_shard,
    ConsumerARN=consumer["ConsumerARN"],
    ShardId="shardId-000000000000",
    StartingPosition={"Type": "TRIM_HORIZON"},
)
expect_error("ResourceInUseException", kinesis.delete_stream, StreamName="orders")
kinesis.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])

expect_error("ResourceNotFoundException", kinesis.describe_stream_summary, StreamName="nowhere")
expect_error("ResourceInUseException", kinesis.create_stream, StreamName="orders", ShardCount=1)
expect_error("InvalidArgumentException", kinesis.get_records, ShardIterator="bogus")

dynamodb.create_table(
    TableName="billing",
    AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
dynamodb.get_waiter("table_exists").wait(TableName="billing")
lease = {"leaseKey": {"S": "shardId-000000000003"}, "leaseCounter": {"N": "0"}}
dynamodb.put_item(TableName="billing", Item=lease, ConditionExpression="attribute_not_exists(leaseKey)")
expect_error(
    "ConditionalCheckFailedException",
    dynamodb.put_item,
    TableName="billing",
    Item=lease,
    ConditionExpression="attribute_not_exists(leaseKey)",
)

kinesis.delete_stream(StreamName="orders")
kinesis.get_waiter("stream_not_exists").wait(StreamName="orders")
print("ok")
