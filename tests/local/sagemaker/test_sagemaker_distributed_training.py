"""Training on several hosts: each has a container, a name, its share of the data, and a part of the model."""

import io
import json
import tarfile
from typing import Any

from tests.local.running import LocalAws, free_port
from tests.local.sagemaker.workbench import INSTANCE, SKLEARN, Workbench

SCRIPT = """
import json, os, pathlib, socket, sys, time
base = pathlib.Path(os.environ["SM_INPUT_DIR"])
resources = json.loads((base / "config" / "resourceconfig.json").read_text())
host, hosts = resources["current_host"], resources["hosts"]
assert host == os.environ["SM_CURRENT_HOST"] and hosts == json.loads(os.environ["SM_HOSTS"])
print("this is", host, flush=True)
if "--fail" in sys.argv:
    if host == "algo-2":
        sys.exit("algo-2 gave up")
    time.sleep(600)
port = int(pathlib.Path(os.environ["SM_CHANNEL_CODE"], "port.txt").read_text())
if host == "algo-1":
    with socket.create_server((host, port)) as server:
        heard = []
        for _ in hosts[1:]:
            connection, _ = server.accept()
            heard.append(connection.recv(100).decode())
    print("heard=" + ",".join(sorted(heard)), flush=True)
else:
    while True:
        try:
            with socket.create_connection(("algo-1", port)) as connection:
                connection.sendall(host.encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "common.txt").write_text(host)
files = sorted(path.name for path in pathlib.Path(os.environ["SM_CHANNEL_DATA"]).iterdir())
(model / f"{host}.json").write_text(json.dumps(files))
"""


def request(
    workbench: Workbench, name: str, port: int, *arguments: str, instances: int = 3, **changes: Any
) -> dict[str, Any]:
    """A job of several hosts that runs the script above on five sharded objects."""
    workbench.put(f"hosts/{name}/code/script.py", SCRIPT.encode())
    workbench.put(f"hosts/{name}/code/port.txt", str(port).encode())
    for number in range(5):
        workbench.put(f"hosts/{name}/data/part-{number}.csv", b"1,2\n")
    data = workbench.channel("data", f"s3://{workbench.bucket}/hosts/{name}/data/")
    data["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    return workbench.training_request(
        name,
        AlgorithmSpecification={
            "TrainingImage": SKLEARN,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/script.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        InputDataConfig=[data, workbench.channel("code", f"s3://{workbench.bucket}/hosts/{name}/code/")],
        HyperParameters={},
        ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": instances, "VolumeSizeInGB": 5},
        **changes,
    )


def test_hosts_work_together(local_aws: LocalAws, workbench: Workbench, name: str) -> None:
    # When
    workbench.sagemaker.create_training_job(**request(workbench, name, free_port()))
    job = workbench.ended("TrainingJob", name)

    # Then they hand over one model; of what several wrote, the first one's is kept
    assert job["TrainingJobStatus"] == "Completed", job
    archive = workbench.read(f"models/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        files = {item.name: packed.extractfile(item).read() for item in packed if item.isfile()}  # type: ignore[union-attr]
    assert files.pop("common.txt") == b"algo-1"

    # Then each had its share of the objects
    assert {part: json.loads(content) for part, content in files.items()} == {
        "algo-1.json": ["part-0.csv", "part-3.csv"],
        "algo-2.json": ["part-1.csv", "part-4.csv"],
        "algo-3.json": ["part-2.csv"],
    }

    # Then each has a log of its own
    logs = local_aws.client("logs")
    streams = logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/"
    )["logStreams"]
    started = [stream["logStreamName"].removeprefix(f"{name}/").rpartition("-")[0] for stream in streams]
    assert sorted(started) == ["algo-1", "algo-2", "algo-3"]
    assert "heard=algo-2,algo-3" in local_aws.log_messages("/aws/sagemaker/TrainingJobs")


def test_one_hosts_failure_ends_the_others(workbench: Workbench, name: str) -> None:
    # When
    workbench.sagemaker.create_training_job(**request(workbench, name, 0, "--fail", instances=2))
    job = workbench.ended("TrainingJob", name)

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: algo-2 gave up, exit code: 1"
