"""`python -m local_aws.images [<repository>:<tag> ...]`: builds these images' environments, or all of
them."""

import argparse
import os
import sys
from pathlib import Path

from local_aws.images import catalogue
from local_aws.images.build import BuildError, build, is_built


def main(arguments: list[str] | None = None) -> int:
    """Build the images named, or all; prints a line for each and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.images", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="repository:tag", help="default: every image")
    parser.add_argument(
        "--images", type=Path, help="where the environments are kept (default: .venvs/images)"
    )
    options = parser.parse_args(arguments)
    if options.images:
        os.environ[catalogue.ENVIRONMENTS_VARIABLE] = str(options.images)
    try:
        images = [catalogue.named(name) for name in options.names] or list(catalogue.available())
        for image in images:
            state = "up to date" if is_built(image) else "built"
            build(image)
            sys.stdout.write(f"{image.name}: {state}\n")
            sys.stdout.flush()
    except (catalogue.UnknownImageError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
