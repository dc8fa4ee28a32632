"""Requests generated from the API's OpenAPI document, against the API itself.

`python -m tests.fuzzing CASES` asks the API that `make local` deployed, with about so many for each
operation. What is wrong with an answer: a status, header, type or body that the document doesn't have, a
request taken or refused against its schema, a fault of the server.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUTS = ROOT / ".local" / "outputs.json"


def fuzz(api_url: str, cases: int, *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run schemathesis with about so many cases for each operation; its exit status says whether all is well.

    The cases are the same in every run. `schemathesis.toml` has what else there is to set.
    """
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml"]
    # schemathesis takes the relative address of the document's server for the host's root.
    command += ["run", f"{api_url}/openapi.json", "--url", api_url]
    command += ["--max-examples", str(cases), "--seed", "1", "--no-color", "--continue-on-failure"]
    return subprocess.run(command, cwd=ROOT, text=True, check=False, capture_output=capture)


def main() -> int:
    """Fuzz the API that is in `.local/outputs.json`."""
    if not OUTPUTS.is_file():
        sys.exit("There is no API to ask: `make local` deploys one.")
    return fuzz(json.loads(OUTPUTS.read_text(encoding="utf-8"))["api_url"], int(sys.argv[1])).returncode


if __name__ == "__main__":
    sys.exit(main())
