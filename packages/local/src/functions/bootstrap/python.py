"""Runs a handler and talks to the Lambda runtime API, as Lambda's Python runtime does. Standard library only."""

import http.client
import importlib
import json
import os
import resource
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime"


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


def describe(error):
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_exception(type(error), error, error.__traceback__),
    }


def post(connection, path, document):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak // 1024 if sys.platform != "darwin" else peak // 1048576
    headers = {"Content-Type": "application/json", "X-Millrace-Max-Memory-Mb": str(megabytes)}
    connection.request("POST", f"{BASE}/{path}", json.dumps(document), headers)
    connection.getresponse().read()


def load():
    sys.path.insert(0, os.environ.get("LAMBDA_TASK_ROOT", "."))
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), name)


def main():
    connection = http.client.HTTPConnection(API)
    try:
        handler = load()
    except BaseException as error:
        traceback.print_exc()
        post(connection, "init/error", describe(error))
        sys.exit(1)
    while True:
        connection.request("GET", f"{BASE}/invocation/next")
        response = connection.getresponse()
        event = json.loads(response.read())
        context = Context(response.headers)
        try:
            path, document = "response", handler(event, context)
            json.dumps(document)
        except Exception as error:
            traceback.print_exc()
            path, document = "error", describe(error)
        sys.stdout.flush()
        post(connection, f"invocation/{context.aws_request_id}/{path}", document)


try:
    main()
except (ConnectionError, http.client.HTTPException):
    # The other side is gone, and with it the reason to be here.
    sys.exit(0)
