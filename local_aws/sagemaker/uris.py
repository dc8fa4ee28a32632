"""S3 addresses as SageMaker takes them."""

import re
from dataclasses import dataclass

_HTTPS = re.compile(r"https://s3[.-]?[a-z0-9-]*\.amazonaws\.com(\.cn)?/")


@dataclass(frozen=True)
class S3Location:
    """A bucket, and a key or a prefix of keys in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "S3Location":
        """The location an `s3://` or path-style `https://s3.<region>.amazonaws.com/` address names."""
        bucket, _, key = _HTTPS.sub("s3://", uri).removeprefix("s3://").partition("/")
        return cls(bucket, key)

    def joined(self, name: str) -> "S3Location":
        """The location `name` below this one."""
        return S3Location(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"
