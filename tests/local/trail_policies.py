"""What CloudTrail asks of the bucket of a trail."""

import json

from tests.local.running import ACCOUNT


def bucket_policy(bucket: str, trail: str) -> str:
    """What CloudTrail asks of the bucket that it delivers to."""
    arn = f"arn:aws:s3:::{bucket}"
    source = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"}
    owner = {"s3:x-amz-acl": "bucket-owner-full-control", **source}
    allowed = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    **allowed,
                    "Action": "s3:GetBucketAcl",
                    "Resource": arn,
                    "Condition": {"StringEquals": source},
                },
                {
                    **allowed,
                    "Action": "s3:PutObject",
                    "Resource": f"{arn}/AWSLogs/{ACCOUNT}/*",
                    "Condition": {"StringEquals": owner},
                },
            ],
        }
    )
