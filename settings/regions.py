"""The regions that AWS has, from botocore's own table of partitions."""

from functools import cache

from botocore.loaders import Loader


@cache
def dns_suffixes() -> dict[str, str]:
    """The DNS suffix of every region (`us-east-1` -> `amazonaws.com`), sorted by region."""
    partitions = Loader().load_data("partitions")["partitions"]
    suffixes = {
        region: partition["outputs"]["dnsSuffix"]
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    }
    return dict(sorted(suffixes.items()))
