"""The function behind the API: items by their id."""

import json
import os

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handle(event: dict, _context: object) -> dict:
    """Answer GET and PUT of /items/{id}."""
    key = event["pathParameters"]["id"]
    if event["requestContext"]["http"]["method"] == "PUT":
        TABLE.put_item(Item={"id": key, "body": event.get("body") or ""})
        return {"statusCode": 204}
    item = TABLE.get_item(Key={"id": key}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": json.dumps({"error": f"there is no item `{key}`"})}
    return {"statusCode": 200, "body": item["body"]}
