"""`python -m benchmarks`: all that need no data of one's own, one after another."""

from benchmarks import (
    knn_serving,
    load,
    local_road,
    page,
    preparation,
    rcf_scoring,
    recommendation_cold,
    recommendation_throughput,
    recommendation_warm,
    synth,
    xgboost_jobs,
)
from benchmarks.deployed import new_platform


def main() -> None:
    """Measure and print everything."""
    synth.main()
    recommendation_cold.main()
    preparation.report()
    rcf_scoring.main()
    xgboost_jobs.main()
    with new_platform() as made:
        local_road.report(made)
        recommendation_warm.measure(made)
        recommendation_throughput.measure(made)
        page.measure(made)
        knn_serving.measure(made)
        load.measure(made)


if __name__ == "__main__":
    main()
