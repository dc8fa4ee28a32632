"""The processing contract of an image with an entry point of its own: inputs and outputs below
`/opt/ml/processing`, a failure's text in `/opt/ml/output`.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import BASE_VARIABLE


def run(process: Callable[[Path], None]) -> None:
    """Run `process` on the folder that stands for `/opt/ml/processing`; its failure becomes the job's
    failure reason and exit message. A stop of the job lets it clean up."""
    base = Path(os.environ.get(BASE_VARIABLE, "/opt/ml"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        process(base / "processing")
    except ClientError as error:
        _fail(base, f"ClientError: {error}")
    except Exception as error:  # noqa: BLE001 - whatever an analysis raises is its failure reason
        traceback.print_exc()
        _fail(base, f"{type(error).__name__}: {error}")


def _fail(base: Path, reason: str) -> None:
    sys.stderr.write(f"[ERROR] {reason}\n")
    for name in ("failure", "message"):
        (base / "output" / name).write_text(reason)
    sys.exit(1)
