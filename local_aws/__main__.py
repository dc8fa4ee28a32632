"""`python -m local_aws --port 4566 --state DIR --images DIR`: run the local AWS until TERM."""

import argparse
import logging
import os
import socket
import sys
from pathlib import Path

from local_aws import environment, persistence, watchdog

# Data points are kept by the second.
_LEAST_ALARM_MINUTE = 1.2
_BEGINNINGS = {
    "empty": "The local AWS begins empty.",
    "restored": "The local AWS goes on from the state of its last stop.",
    "empty_after_crash": "The local AWS was killed and its state is incomplete, so it begins empty.",
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description="An AWS on this machine.")
    parser.add_argument("--port", type=int, default=4566, help="port on 127.0.0.1 (default 4566)")
    parser.add_argument("--state", type=Path, required=True, help="folder in which state is kept")
    parser.add_argument(
        "--images", type=Path, required=True, help="folder of the containers images' environments"
    )
    parser.add_argument(
        "--alarm-minute",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long a minute of CloudWatch's alarms lasts, at least 1.2; for tests (default 60)",
    )
    return parser.parse_args()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not _LEAST_ALARM_MINUTE <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text} is not allowed; it is {_LEAST_ALARM_MINUTE} to 60")
    return seconds


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex((environment.HOST, port)) == 0:
            sys.exit(f"port {port} is in use: stop what listens there, or choose another with --port")


def main() -> None:
    """Run the local AWS; exits with a text on standard error if it cannot start."""
    arguments = _arguments()
    _require_free(arguments.port)
    state = arguments.state.resolve()
    try:
        start = persistence.open_state(state)
    except persistence.StateInUseError as error:
        sys.exit(str(error))
    watchdog.lead_process_group()
    environment.apply(arguments.port, state, arguments.images.resolve())
    logging.basicConfig(format="%(asctime)s %(levelname)s [%(name)s] %(message)s", level=logging.INFO)
    logging.getLogger("local_aws").info(_BEGINNINGS[start])

    # Imported here: ministack reads the environment when it is imported.
    from local_aws import installation, server  # noqa: PLC0415

    installation.install(state, arguments.alarm_minute)
    persistence.write_status(start, arguments.port)
    server.run(arguments.port)
    # Threads of the emulator may still wait for work that will not come.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
