"""How often something came in the last minutes: the count of a rate-based rule.

WAF looks about every ten seconds and estimates; here each request counts at once, blocked ones too.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

_MOST_KEYS = 10_000


class Rates:
    """Times of the newest requests of each key; no more of them than the limit needs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[Hashable, deque[float]] = {}

    def exceeds(self, key: Hashable, limit: int, seconds: float) -> bool:
        """Count a request of `key`, and say whether these are more than `limit` in the last `seconds`."""
        now = self._clock()
        with self._lock:
            times = self._times.pop(key, None)
            if times is None or times.maxlen != limit + 1:
                times = deque(times or (), maxlen=limit + 1)
            times.append(now)
            self._times[key] = times
            if len(self._times) > _MOST_KEYS:
                # The key that has been silent for longest: each request moves its key to the end.
                del self._times[next(iter(self._times))]
            return len(times) > limit and now - times[0] < seconds
