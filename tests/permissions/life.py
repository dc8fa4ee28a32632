"""A platform's whole life on the local AWS of this folder, after `make local`: all that its roles are for.

Models are trained again, rolled back and asked; runs, batches and deployments fail; people work in Studio;
the API and the page are asked; at last the stacks are destroyed. What happens must happen as it should.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli import raw_data
from cli.console import remark
from cli.delivery import deliver
from cli.local.deployment import cdk_environment
from cli.platform import DEFAULT_ENVIRONMENT, Platform, load_settings
from cli.project import LOCAL, ROOT
from cli.target import local_target
from settings.inference_script import load_inference
from settings.workload import Workload
from tests.local.querying import answers, ended_query
from tests.permissions.people import FailedError, Person, in_studio

ASSEMBLY = LOCAL / "cdk.out"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
# Jobs share the machine: more at a time are no faster.
AT_ONCE = 2
END_SECONDS = 900.0
LOG_GROUPS = tuple(f"/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training", "Transform"))
STEPS = (
    "look_around",
    "train_again",
    "fail_runs",
    "roll_back",
    "fail_a_first_deployment",
    "predict",
    "watch",
    "train_by_events",
    "switch_off_and_on",
    "ask_the_api_and_the_page",
    "work_in_studio",
    "destroy",
)


class Life:
    """The steps of a life, each of which assumes those above it."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self._folder = folder
        domain = platform.client("sagemaker").list_domains()["Domains"][0]["DomainId"]
        self._domain = domain
        self._profiles = platform.client("sagemaker").list_user_profiles(DomainIdEquals=domain)[
            "UserProfiles"
        ]
        self.scientist, self.lead = (self._person(name) for name in ("data-scientist", "lead"))

    def live(self, until: str = "destroy") -> None:
        """All of it, or up to a step."""
        for name in STEPS[: STEPS.index(until) + 1]:
            began = time.monotonic()
            getattr(self, name)()
            remark(f"{name.replace('_', ' ')}: {time.monotonic() - began:.0f} s")

    def look_around(self) -> None:
        """Both personas read what they may, at the command line and in a notebook."""
        for person in (self.scientist, self.lead):
            person.manage("status")
            self._each(partial(_report, person))
            s3 = person.client("s3")
            for bucket, prefixes in self._readable().items():
                for prefix in prefixes:
                    for found in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])[:1]:
                        s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
            self._read_logs(person)
            self._query(person)

    def train_again(self) -> None:
        """The scientist trains a second version of each, which is deployed in the first one's place."""

        def train(workload: Workload) -> None:
            folder = self._folder / workload.name
            folder.mkdir()
            raw_data.sample(workload, folder)
            self.scientist.manage("train", workload.name, "--data", str(folder), "--wait")

        self._each(train)

    def fail_runs(self) -> None:
        """The lead starts runs whose data isn't there, and batches from where none may be."""
        bucket = self.platform.data_bucket

        def fail(workload: Workload) -> None:
            missing = f"{workload.data.files[0].name}=s3://{bucket}/uploads/{workload.name}/none/none"
            self.lead.manage("train", workload.name, "--source", missing, "--wait", fails=True)
            for person in (self.scientist, self.lead):
                person.manage("transform", workload.name, f"s3://{bucket}/raw/none.csv", fails=True)

        self._each(fail)

    def roll_back(self) -> None:
        """The lead approves the first version again, and rejects the second, which then can't be deployed."""

        def back(workload: Workload) -> None:
            self.lead.manage("approve", f"{workload.name}:1", "--wait")
            self.lead.manage("reject", f"{workload.name}:2")
            self._deployment(workload, 2, "FAILED")
            self.lead.manage("approve", f"{workload.name}:2", "--wait")

        self._each(back)

    def fail_a_first_deployment(self) -> None:
        """Somebody deleted the endpoint, and the model doesn't answer as recorded; then it does again."""

        def fail(workload: Workload) -> None:
            self._delete_endpoint(workload)
            bucket, key = self._sample_of(workload)
            s3 = self.platform.client("s3")
            recorded = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            wrong = json.dumps({**json.loads(recorded), "body": "not what the model takes"})
            s3.put_object(Bucket=bucket, Key=key, Body=wrong.encode())
            self._deployment(workload, 1, "FAILED")
            s3.put_object(Bucket=bucket, Key=key, Body=recorded)
            self.lead.manage("approve", f"{workload.name}:1", "--wait")

        self._each(fail)

    def predict(self) -> None:
        """Both personas ask each endpoint, and have a file predicted."""
        s3 = self.platform.client("s3")

        def predict(workload: Workload) -> None:
            bucket, key = self._sample_of(workload)
            record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["body"]
            path = self._folder / f"{workload.name}.csv"
            path.write_text(record.rstrip("\n") + "\n")
            for times, person in enumerate((self.scientist, self.lead), 1):
                person.manage("predict", workload.name, f"@{path}")
                file = self._folder / f"{workload.name}-{person.name}.csv"
                file.write_text(path.read_text() * times)  # another file is another upload
                person.manage("transform", workload.name, str(file), "--output", f"{file}.out")

        self._each(predict)

    def watch(self) -> None:
        """The watched endpoints are asked one thing again and again, which the test sets are not like; that
        trains again where drift does."""
        for workload in self.platform.workloads:
            if workload.monitoring:
                before = time.time()
                self._ask_one_thing(workload, workload.monitoring.minimum_records)
                found = self.scientist.manage("drift", workload.name, "--json")
                if '"outcome": "Drift"' not in found:
                    raise FailedError(f"{workload.name} was asked one thing only: {found}")
                if workload.retraining.on_drift:
                    self._training_ends(workload, before)
                self.lead.manage("drift", workload.name)
                self.lead.manage("drift", workload.name, "--window", "yesterday", fails=True)

    def _ask_one_thing(self, workload: Workload, times: int) -> None:
        """Ask it at once, so that all of it is captured at once, and wait for that."""
        bucket, key = self._sample_of(workload)
        asked = json.loads(self.platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
        captured = self._captures(workload)
        self.platform.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.platform.endpoint(workload),
            ContentType=asked["content_type"],
            Accept=asked["accept"],
            Body="\n".join([asked["body"].strip()] * times).encode(),
        )
        _until(lambda: self._captures(workload) > captured)

    def _captures(self, workload: Workload) -> int:
        """How many objects hold what the workload's endpoint was asked."""
        listed = self.platform.client("s3").list_objects_v2(
            Bucket=self.platform.data_bucket, Prefix=f"captures/{workload.name}/"
        )
        return int(listed["KeyCount"])

    def _training_ends(self, workload: Workload, since: float) -> None:
        """Wait for the end of a training that nobody but an event has started."""
        client, machine = self.platform.client("stepfunctions"), self.platform.state_machine(workload)

        def ended() -> bool:
            newest = client.list_executions(stateMachineArn=machine)["executions"][0]
            return bool(newest["startDate"].timestamp() > since and newest["status"] != "RUNNING")

        _until(ended)

    def train_by_events(self) -> None:
        """New data is delivered where it starts a training."""
        for workload in self.platform.workloads:
            if not workload.retraining.on_new_data:
                continue
            before = time.time()
            deliver(self.platform, workload, self._folder / workload.name)
            self._training_ends(workload, before)

    def switch_off_and_on(self) -> None:
        """The lead deletes the endpoints, and brings them back with what they served."""

        def switch(workload: Workload) -> None:
            self.lead.manage("endpoint", "off", workload.name)
            self.scientist.manage("status")
            self.lead.manage("endpoint", "on", workload.name)

        self._each(switch)

    def ask_the_api_and_the_page(self) -> None:
        """Visitors: the quiz's answers, predictions, the API's health, and the page."""
        api = self.platform.api_url
        asked: list[tuple[str, Any]] = [
            (f"{api}/recommendations", {"entry": [1, 2, 3, 4, 5]}),
            (f"{api}/recommendations?details=true", {"entry": [8, 7, 6, 5, 4]}),
            (f"{api}/health", None),
            (self.platform.site_url, None),
        ]
        for workload in self.platform.workloads:
            if workload.name in self.platform.environment.api.predictions:
                interface = load_inference(workload.folder).interface(workload.preparation.parameters)
                asked.append((f"{api}/predictions/{workload.name}", interface["request"]["example"]))
        for address, document in asked:
            body = None if document is None else json.dumps(document).encode()
            request = urllib.request.Request(  # noqa: S310 - this machine's
                address, data=body, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - this machine's
                if answer.status != 200:
                    raise FailedError(f"{address} answers {answer.status}")

    def work_in_studio(self) -> None:
        """Everybody opens Studio and keeps a space with an app; also somebody without a persona."""
        sagemaker = self.platform.client("sagemaker")
        sagemaker.create_user_profile(DomainId=self._domain, UserProfileName="guest")
        _until(lambda: self._described("guest")["Status"] == "InService")
        domain = sagemaker.describe_domain(DomainId=self._domain)
        role = domain["DefaultUserSettings"]["ExecutionRole"]
        sagemaker.update_user_profile(
            DomainId=self._domain, UserProfileName="guest", UserSettings={"ExecutionRole": role}
        )
        _until(lambda: self._described("guest")["Status"] == "InService")
        for person in (self.scientist, self.lead, in_studio(self.platform, self._described("guest"), role)):
            self._keep_a_space(person)

    def _keep_a_space(self, person: Person) -> None:
        sagemaker, domain, space = person.client("sagemaker"), self._domain, f"{person.name}-own"
        sagemaker.list_domains()
        sagemaker.list_user_profiles(DomainIdEquals=domain)
        sagemaker.describe_domain(DomainId=domain)
        sagemaker.describe_user_profile(DomainId=domain, UserProfileName=person.name)
        sagemaker.create_space(
            DomainId=domain,
            SpaceName=space,
            OwnershipSettings={"OwnerUserProfileName": person.name},
            SpaceSharingSettings={"SharingType": "Private"},
            SpaceSettings={"AppType": "JupyterLab"},
            Tags=[{"Key": "owner", "Value": person.name}],
        )

        def app() -> Any:
            return sagemaker.describe_app(
                DomainId=domain, SpaceName=space, AppType="JupyterLab", AppName="default"
            )

        def at_rest() -> bool:
            return bool(sagemaker.describe_space(DomainId=domain, SpaceName=space)["Status"] == "InService")

        _until(at_rest)
        sagemaker.update_space(
            DomainId=domain,
            SpaceName=space,
            SpaceSettings={"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 10}}},
        )
        _until(at_rest)
        place = {"DomainId": domain, "SpaceName": space, "AppType": "JupyterLab", "AppName": "default"}
        sagemaker.create_app(**place, Tags=[{"Key": "owner", "Value": person.name}])
        _until(lambda: app()["Status"] == "InService")
        sagemaker.list_apps(DomainIdEquals=domain)
        sagemaker.list_spaces(DomainIdEquals=domain)
        sagemaker.delete_app(**place)
        _until(lambda: app()["Status"] == "Deleted")
        sagemaker.delete_space(DomainId=domain, SpaceName=space)

    def destroy(self) -> None:
        """The end, with an app that still runs in Studio."""
        place = {"DomainId": self._domain, "SpaceName": "data-scientist-lab", "AppType": "JupyterLab"}
        self.platform.client("sagemaker").create_app(**place, AppName="default")
        done = subprocess.run(
            [str(CDK), "destroy", "--app", str(ASSEMBLY), "--all", "--force"],
            cwd=ROOT,
            env=cdk_environment(self.platform.target),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise FailedError(done.stdout[-4000:])

    def _each(self, act: Callable[[Workload], Any]) -> None:
        """Do it for each workload, a few at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(act, self.platform.workloads))

    def _person(self, profile: str) -> Person:
        described = self._described(profile)
        return in_studio(self.platform, described, described["UserSettings"]["ExecutionRole"])

    def _described(self, profile: str) -> dict[str, Any]:
        described: dict[str, Any] = self.platform.client("sagemaker").describe_user_profile(
            DomainId=self._domain, UserProfileName=profile
        )
        return described

    def _readable(self) -> dict[str, Iterable[str]]:
        artifacts = self._sample_of(self.platform.workloads[0])[0]
        return {self.platform.data_bucket: ("raw/", "processed/"), artifacts: ("runs/", "batch/")}

    def _query(self, person: Person) -> None:
        """Look at the tables, count what a run prepared, read the answer as a file, and stop."""
        prefix, workload = self.platform.environment.prefix, self.platform.workloads[0].name
        athena, s3, database = person.client("athena"), person.client("s3"), prefix.replace("-", "_")
        prepared = s3.list_objects_v2(Bucket=self.platform.data_bucket, Prefix=f"processed/{workload}/")
        run = prepared["Contents"][0]["Key"].split("/")[2]
        athena.get_work_group(WorkGroup=prefix)
        person.client("glue").get_tables(DatabaseName=database)
        sql = f"SELECT count(*) FROM {workload} WHERE run = '{run}'"  # noqa: S608
        ended = ended_query(athena, sql, workgroup=prefix, database=database)
        if answers(athena, ended)[1:] == [["0"]]:
            raise FailedError(f"{person.name}: {sql} counts nothing")
        bucket, _, key = ended["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for each in (bucket, self.platform.data_bucket):
            s3.get_bucket_location(Bucket=each)
        athena.stop_query_execution(QueryExecutionId=ended["QueryExecutionId"])

    def _read_logs(self, person: Person) -> None:
        mine, theirs = self.platform.client("logs"), person.client("logs")
        for group in LOG_GROUPS:
            named = {"logGroupName": group, "logStreamNamePrefix": f"{self.platform.environment.prefix}-"}
            stream = mine.describe_log_streams(**named)["logStreams"][0]["logStreamName"]
            theirs.get_log_events(logGroupName=group, logStreamName=stream)

    def _package(self, workload: Workload, version: int) -> str:
        sagemaker, group = self.platform.client("sagemaker"), self.platform.package_group(workload)
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        (found,) = [one["ModelPackageArn"] for one in listed if one["ModelPackageVersion"] == version]
        return str(found)

    def _sample_of(self, workload: Workload) -> tuple[str, str]:
        """Bucket and key of what the first version was asked and answered at its evaluation."""
        package = self._package(workload, 1)
        described = self.platform.client("sagemaker").describe_model_package(ModelPackageName=package)
        bucket, _, key = described["CustomerMetadataProperties"]["sample_uri"][len("s3://") :].partition("/")
        return bucket, key

    def _deployment(self, workload: Workload, version: int, ends: str) -> None:
        given = {"detail": {"ModelPackageArn": self._package(workload, version)}}
        self._execute(self.platform.deployment_state_machine(workload), given, ends)

    def _execute(self, machine: str, given: dict[str, Any], ends: str) -> None:
        client = self.platform.client("stepfunctions")
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
        _until(lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING")
        ended = client.describe_execution(executionArn=arn)
        if ended["status"] != ends:
            raise FailedError(f"{arn} {ended['status']}: {ended.get('cause')}")

    def _delete_endpoint(self, workload: Workload) -> None:
        sagemaker, name = self.platform.client("sagemaker"), self.platform.endpoint(workload)
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        sagemaker.delete_endpoint(EndpointName=name)
        _until(lambda: not sagemaker.list_endpoints(NameContains=name)["Endpoints"])
        sagemaker.delete_endpoint_config(EndpointConfigName=config)
        sagemaker.delete_model(ModelName=config)


def _report(person: Person, workload: Workload) -> None:
    person.manage("report", workload.name)


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + END_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise FailedError("what was waited for didn't come")
        time.sleep(0.2)


def main() -> None:
    """Live it on the running local AWS, up to the step that the argument names."""
    environment, workloads = load_settings(DEFAULT_ENVIRONMENT)
    with TemporaryDirectory() as folder:
        Life(Platform(environment, workloads, local_target()), Path(folder)).live(*sys.argv[1:])


if __name__ == "__main__":
    main()
