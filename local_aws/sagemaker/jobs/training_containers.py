"""What a training container finds on its host: /opt/ml, its command and its environment.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

import json
import os
from pathlib import Path
from typing import Any

from local_aws.images.catalogue import Image
from local_aws.sagemaker.container import algorithm_environment, host_names_path
from local_aws.sagemaker.jobs import channels
from local_aws.sagemaker.jobs.hosts import Host
from local_aws.sagemaker.jobs.lifecycle import Job

_GROUP = "homogeneousCluster"


def lay_out(job: Job, host: Host, hosts: list[Host]) -> None:
    """Lay out a host's /opt/ml: configuration, channels, and the folders the algorithm writes to."""
    ml = host.filesystem.ml
    for folder in ("model", "output/data", "input/config", "input/data"):
        (ml / folder).mkdir(parents=True)
    inputs = job.record.get("InputDataConfig", [])
    _write_config(ml, "hyperparameters", job.record["HyperParameters"])
    _write_config(ml, "inputdataconfig", {item["ChannelName"]: _channel_config(item) for item in inputs})
    _write_config(ml, "resourceconfig", _resource_config(job, host, hosts))
    for item in inputs:
        source = item["DataSource"]["S3DataSource"]
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        channels.download(
            job.storage,
            source["S3DataType"],
            source["S3Uri"],
            ml / "input" / "data" / item["ChannelName"],
            gzipped=item.get("CompressionType") == "Gzip",
            share=(host.index, len(hosts)) if sharded else (0, 1),
        )


def command(job: Job, image: Image) -> list[str]:
    """What every host runs."""
    specification = job.record["AlgorithmSpecification"]
    if "ContainerEntrypoint" in specification:
        return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", [])]
    return [str(image.python), *(image.train or ()), *specification.get("ContainerArguments", ["train"])]


def environment(job: Job, host: Host, hosts: list[Host]) -> dict[str, str]:
    """A host's environment variables."""
    names = [item["ChannelName"] for item in job.record.get("InputDataConfig", [])]
    variables = algorithm_environment(host.filesystem)
    cores = str(_cores(job, len(hosts)))
    if len(hosts) > 1:
        variables["PYTHONPATH"] = f"{host_names_path()}{os.pathsep}{variables['PYTHONPATH']}"
    return {
        **variables,
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.record["TrainingJobArn"],
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_CHANNELS": json.dumps(sorted(names)),
        "SM_HPS": json.dumps(job.record["HyperParameters"]),
        "SM_HOSTS": json.dumps([other.name for other in hosts]),
        "SM_CURRENT_HOST": host.name,
        "SM_NUM_CPUS": cores,
        "OMP_NUM_THREADS": cores,
        "SM_NUM_GPUS": "0",
        **{f"SM_CHANNEL_{name.upper()}": f"/opt/ml/input/data/{name}" for name in names},
        **{f"SM_HP_{name.upper()}": value for name, value in job.record["HyperParameters"].items()},
        **job.record.get("Environment", {}),
    }


def _cores(job: Job, hosts: int) -> int:
    """This machine's cores as a host may use them: it shares them with the job's other hosts, and with the
    training jobs that its tuning job runs at the same time."""
    jobs: int = job.record.get("_JobsAtOnce", 1)
    return max(1, (os.cpu_count() or 1) // (hosts * jobs))


def _resource_config(job: Job, host: Host, hosts: list[Host]) -> dict[str, Any]:
    instance_type = str(job.record["ResourceConfig"]["InstanceType"])
    names = [other.name for other in hosts]
    group = {"instance_group_name": _GROUP, "instance_type": instance_type, "hosts": names}
    return {
        "current_host": host.name,
        "current_instance_type": instance_type,
        "current_group_name": _GROUP,
        "hosts": names,
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def _channel_config(item: dict[str, Any]) -> dict[str, str]:
    distribution = item["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated")
    config = {
        "TrainingInputMode": "File",
        "S3DistributionType": distribution,
        "RecordWrapperType": item.get("RecordWrapperType", "None"),
    }
    return {**config, "ContentType": item["ContentType"]} if "ContentType" in item else config


def _write_config(ml: Path, name: str, value: object) -> None:
    (ml / "input" / "config" / f"{name}.json").write_text(json.dumps(value))
