"""CPU seconds of synthesizing the whole app, against an app of one resource.

Both without the CDK's command line and with cdk-nag; the time of jsii's Node.js process is included.
"""

import resource
import tempfile
from pathlib import Path

from benchmarks.assembly import ONE_RESOURCE_APP, WHOLE_APP, synthesize
from benchmarks.measurement import headline, interleaved, result

ROUNDS = 3


def main() -> None:
    """Measure and print."""
    headline("Synthesizing the whole app, against an app of one resource (CPU seconds with children)")
    taken = interleaved(
        {
            "whole app": lambda: _cpu_seconds(WHOLE_APP),
            "one resource": lambda: _cpu_seconds(ONE_RESOURCE_APP),
        },
        rounds=ROUNDS,
    )
    for name, samples in taken.items():
        result(name, f"{samples.median:.2f} s")
    result("ratio", f"{taken['whole app'].median / taken['one resource'].median:.2f}x")


def _cpu_seconds(app: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        synthesize(app, Path(folder))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
