"""A cold start of the recommendation function, against the start of any function that asks a model.

The function: importing its handler and answering the first call, in a fresh process, from the asset that a
deployment uploads, with a stub of the endpoint on the loopback interface. The baseline: `import boto3;
boto3.client("sagemaker-runtime")`, likewise. The runtime's packages always have bytecode. The asset is
measured with the bytecode that an earlier start left, as in the local AWS, and without any, as Lambda's
read-only code folder has it.
"""

import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.assembly import WHOLE_APP, function_asset, synthesize
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 15
TARGET_RATIO = 1.3
HANDLER = "recommend.handler.handler"

_BASELINE = "import boto3, make a client"

FUNCTION = """
import sys, time
started = time.perf_counter()
sys.path.insert(0, sys.argv[1])
from recommend.handler import handler
class Context:
    function_name = "recommend"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:recommend"
    aws_request_id = "1"
event = {"headers": {"Content-Type": "application/json"}, "body": '{"entry": [1, 2, 3, 4, 5]}'}
answer = handler(event, Context())
elapsed = time.perf_counter() - started
assert answer["statusCode"] == 200, answer
print(elapsed, file=sys.stderr)
"""
BASELINE = """
import sys, time
started = time.perf_counter()
import boto3
boto3.client("sagemaker-runtime")
print(time.perf_counter() - started, file=sys.stderr)
"""


class StubEndpoint(BaseHTTPRequestHandler):
    """Answers every invocation with one prediction."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body, a packet of its own, waits 40 ms for the headers' receipt

    def do_POST(self) -> None:
        """Answer as k-NN's container does."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"predictions": [{"predicted_label": 3.0}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def main() -> None:
    """Measure and print."""
    headline("Cold recommendation function, against importing boto3 and making a client")
    stub = ThreadingHTTPServer(("127.0.0.1", 0), StubEndpoint)
    threading.Thread(target=stub.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        synthesize(WHOLE_APP, Path(folder))
        asset = function_asset(Path(folder), HANDLER)
        with_bytecode = Path(folder) / "with_bytecode"
        shutil.copytree(asset, with_bytecode)
        compileall.compile_dir(with_bytecode, quiet=1)
        port = stub.server_port
        taken = interleaved(
            {
                _BASELINE: lambda: _milliseconds(BASELINE, asset, port),
                "with bytecode": lambda: _milliseconds(FUNCTION, with_bytecode, port),
                "without bytecode": lambda: _milliseconds(FUNCTION, asset, port),
            },
            rounds=ROUNDS,
        )
    stub.shutdown()
    baseline = taken.pop(_BASELINE).median
    result(_BASELINE, f"{baseline:.0f} ms")
    for name, samples in taken.items():
        ratio = samples.median / baseline
        text = f"{samples.median:.0f} ms, {ratio:.2f}x"
        verdict(f"first call, {name}", text, f"<= {TARGET_RATIO}x", met=ratio <= TARGET_RATIO)


def _milliseconds(script: str, asset: Path, port: int) -> float:
    """What a fresh interpreter says the script took."""
    done = subprocess.run(
        [sys.executable, "-B", "-s", "-c", script, str(asset)],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_LAMBDA_FUNCTION_NAME": "recommend",
            "LAMBDA_TASK_ROOT": str(asset),
            "ENDPOINT_NAME": "endpoint",
            "POWERTOOLS_SERVICE_NAME": "recommendation",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stderr.splitlines()[-1]) * 1000


if __name__ == "__main__":
    main()
