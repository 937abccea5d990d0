"""Works a queue off: every message is an order with an id."""

import json


def handle(event, context):
    """Handle a batch; the ids of messages that failed go back to the queue."""
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            print(json.dumps({"order": order["id"], "state": "done"}))
        except (json.JSONDecodeError, KeyError) as error:
            print(json.dumps({"message": record["messageId"], "error": repr(error)}))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
