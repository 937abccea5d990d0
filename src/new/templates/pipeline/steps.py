"""The steps of the pipeline. Each gets what the one before it returned."""

import json
import os

import boto3

BUCKET = boto3.resource("s3").Bucket(os.environ["BUCKET"])


def extract(event: dict, _context: object) -> dict:
    """Write the raw data of the day for which the schedule starts: here, a number for each hour."""
    day = event["time"][:10]
    rows = [{"hour": hour, "value": hour} for hour in range(24)]
    BUCKET.put_object(Key=f"raw/{day}.json", Body=json.dumps(rows).encode())
    return {"day": day}


def summarize(event: dict, _context: object) -> dict:
    """Read the raw data of a day and write their mean."""
    day = event["day"]
    rows = json.load(BUCKET.Object(f"raw/{day}.json").get()["Body"])
    summary = {"day": day, "mean": sum(row["value"] for row in rows) / len(rows)}
    BUCKET.put_object(Key=f"summary/{day}.json", Body=json.dumps(summary).encode())
    return summary
