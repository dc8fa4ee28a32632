"""`python -m benchmarks`: all of them, one after another, on one deployed platform."""

from benchmarks import knn_serving, local_road, recommendation_cold, recommendation_warm, synth
from benchmarks.deployed import new_platform


def main() -> None:
    """Measure and print everything."""
    synth.main()
    recommendation_cold.main()
    with new_platform() as made:
        local_road.report(made)
        recommendation_warm.measure(made)
        knn_serving.measure(made)


if __name__ == "__main__":
    main()
