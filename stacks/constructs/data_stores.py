"""The places where the platform keeps data, handed from stack to stack as one value."""

from dataclasses import dataclass

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

QUERY_RESULTS = "queries/"
"""Where in the artifacts bucket answers of Athena are."""


@dataclass(frozen=True, kw_only=True)
class DataStores:
    """The key and the two buckets under it."""

    key: kms.IKey
    data_bucket: s3.IBucket
    artifacts_bucket: s3.IBucket
