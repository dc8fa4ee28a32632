#!/usr/bin/env python3
"""The operator's command line: `./manage.py --help`."""

import os
import sys
from pathlib import Path

VIRTUAL_ENVIRONMENT = Path(__file__).resolve().parent / ".venv"


def main() -> None:
    """Run the command line in the project's virtual environment, whichever interpreter it was called with."""
    if Path(sys.prefix).resolve() != VIRTUAL_ENVIRONMENT.resolve():
        interpreter = VIRTUAL_ENVIRONMENT / "bin" / "python"
        if not interpreter.exists():
            sys.exit(
                "manage.py needs its virtual environment, which isn't there yet: run `make setup` first."
            )
        os.execv(interpreter, [str(interpreter), *sys.argv])  # noqa: S606 - the project's own interpreter

    from cli.application import run  # noqa: PLC0415 - needs the virtual environment

    run()


if __name__ == "__main__":
    main()
