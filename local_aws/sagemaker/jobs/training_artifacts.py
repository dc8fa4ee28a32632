"""What training containers leave: their models and other output, of all hosts in one archive each."""

from pathlib import Path

from local_aws.sagemaker.jobs import archives, lifecycle
from local_aws.sagemaker.jobs.hosts import Host
from local_aws.sagemaker.jobs.lifecycle import Job
from local_aws.sagemaker.uris import S3Location


def upload(job: Job, hosts: list[Host]) -> None:
    """Hand over model.tar.gz, and output.tar.gz if there is other output."""
    output = job.record["OutputDataConfig"]
    base = S3Location.parse(output["S3OutputPath"]).joined(f"{job.name}/output")
    kms_key = output.get("KmsKeyId")
    data, trained = (_merged(hosts, folder) for folder in ("output/data", "model"))
    if _holds_something(data):
        archives.upload(job.storage, data, base.joined("output.tar.gz"), kms_key)
    if _holds_something(trained):
        location = base.joined("model.tar.gz")
        archives.upload(job.storage, trained, location, kms_key)
        lifecycle.change(job, ModelArtifacts={"S3ModelArtifacts": str(location)})


def _merged(hosts: list[Host], folder: str) -> Path:
    """The first host's folder, with what the others have beside; of files of one name, its own is kept."""
    kept = hosts[0].filesystem.ml / folder
    for host in hosts[1:]:
        other = host.filesystem.ml / folder
        for path in sorted(path for path in other.rglob("*") if path.is_file()):
            target = kept / path.relative_to(other)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
    return kept


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
