"""Sessions of roles may be registered by many threads at once."""

import os
import subprocess

from tests.local.running import PYTHON, ROOT

# In a process of its own: threads change places as often as they can.
SCRIPT = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from ministack.services import sts
from local_aws.overlays import session_registration

session_registration.install()
sys.setswitchinterval(1e-6)

def register(thread):
    for number in range(300):
        sts.register_session(f"{thread}-{number}", {"Expiration": time.time() + 60})

with ThreadPoolExecutor(4) as threads:
    list(threads.map(register, range(4)))
print(len(sts._sessions))
"""


def test_threads_register_sessions_at_once() -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [str(PYTHON), "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "1200\n"), run.stderr
