"""Where in the data bucket what people bring lies, and where the platform looks for it."""

from typing import Final

from settings.workload import Workload

UPLOADS: Final = "uploads/"

COMPLETE: Final = "_SUCCESS"
"""The name of the object that says that a delivery's files are all there; Hadoop's and Spark's convention."""


def uploads_prefix(workload: Workload) -> str:
    """Where everything lies that is uploaded for the workload."""
    return f"{UPLOADS}{workload.name}/"


def delivery_prefix(workload: Workload) -> str:
    """Where new data is delivered: the files, and then the object `COMPLETE`, which starts a training."""
    return f"{uploads_prefix(workload)}incoming/"


def batch_prefix(workload: Workload) -> str:
    """Where the files lie that may be predicted from."""
    return f"{uploads_prefix(workload)}batch/"
