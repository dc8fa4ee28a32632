"""Seconds from an empty local AWS to the first recommendation, everything being installed.

What `make local` does after `make local-clean`, in a copy of the project, against the time allowed for it.
"""

from benchmarks.deployed import Platform, new_platform
from benchmarks.measurement import headline, result, verdict

TARGET_SECONDS = 60.0


def main() -> None:
    """Measure and print."""
    with new_platform() as made:
        report(made)


def report(made: Platform) -> None:
    """Print what making this platform took."""
    if made.seconds is None:
        raise ValueError("this platform ran already")
    headline("`make local` to the first recommendation, everything being installed")
    seconds = made.seconds
    verdict("seconds", f"{seconds:.0f} s", f"<= {TARGET_SECONDS:.0f} s", met=seconds <= TARGET_SECONDS)
    result("ratio to the target", f"{seconds / TARGET_SECONDS:.2f}x")


if __name__ == "__main__":
    main()
