"""Changes of state that take a while: a resource is Pending first and InService then, Deleting and then gone.

Minutes on AWS; here just long enough that a caller who does not wait is found out.
"""

import time
from collections.abc import Callable

from ministack.core.concurrency import spawn_background

from local_aws.sagemaker.store import Record

_SECONDS = 0.2

# Brings a record from the passing state that it is in to the one that follows.
Settle = Callable[[Record], None]


def begin(settle: Settle, record: Record) -> None:
    """Have `settle` called with the record a little later."""

    def later() -> None:
        time.sleep(_SECONDS)
        settle(record)

    spawn_background(later, thread_name="sagemaker-transition")
