import base64

invocations = 0


def lambda_handler(event, context):
    """As the guide to Kinesis writes them."""
    global invocations
    invocations += 1
    failures = []
    for record in event['Records']:
        data = base64.b64decode(record['kinesis']['data']).decode('utf-8')
        print(f"{context.function_name} got {data} in invocation {invocations}")
        if data == 'raise' and invocations == 1:
            raise KeyError('customer')
        if data == 'bad' and invocations < 3:
            failures.append({'itemIdentifier': record['kinesis']['sequenceNumber']})
    assert context.get_remaining_time_in_millis() > 1000
    return {'batchItemFailures': failures}
