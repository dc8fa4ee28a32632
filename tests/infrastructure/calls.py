"""What the tasks of a state machine need to be allowed, derived from its definition.

A task calls an API with arguments; some arguments make it need more: a role that is passed, tags, a key.
Actions and resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.infrastructure.assembly import ACCOUNT
from tests.infrastructure.policies import Need
from tests.infrastructure.state_machines import State, StateMachine, evaluated, only_workload

RUN = "0123456789ab"

JOB_ARNS = {"HyperParameterTuning": "hyper-parameter-tuning"}

# operation -> the kinds of resource it is authorized on, each with the argument that names one
SAGEMAKER = {
    "addTags": (("", "ResourceArn"),),
    "createEndpoint": (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")),
    "createEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "createModel": (("model", "ModelName"),),
    "createModelPackage": (("model-package-group", "ModelPackageGroupName"), ("package of", "")),
    "deleteEndpoint": (("endpoint", "EndpointName"),),
    "deleteEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "deleteModel": (("model", "ModelName"),),
    "describeEndpoint": (("endpoint", "EndpointName"),),
    "describeEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "describeModelPackage": (("", "ModelPackageName"),),
    "describeTrainingJob": (("training-job", "TrainingJobName"),),
    "listEndpoints": (("*", ""),),
    "listModelPackages": (("*", ""),),
    "listTrainingJobsForHyperParameterTuningJob": (
        ("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    ),
    "listTags": (("", "ResourceArn"),),
    "updateEndpoint": (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")),
    "updateModelPackage": (("", "ModelPackageArn"),),
}


class Calls:
    """The calls of a machine's tasks, with the variables that an execution would have."""

    def __init__(self, machine: StateMachine) -> None:
        self.machine = machine
        self.workload = only_workload(machine.assembly)
        substitutions = machine.resource.properties["DefinitionSubstitutions"]
        self.substitutions: dict[str, Any] = machine.assembly.resolve(machine.stack, substitutions)
        self.variables = self._variables()

    @property
    def key_arn(self) -> str:
        """The platform's key."""
        [key] = self.machine.assembly.resources("AWS::KMS::Key")
        return str(self.machine.assembly.resolve(key.stack, {"Fn::GetAtt": [key.logical_id, "Arn"]}))

    def needs(self) -> list[Need]:
        """All that the machine's role must be allowed."""
        return [need for task in self.machine.tasks.values() for need in self._of(task)]

    def text(self, value: Any) -> str:
        """The value of an argument that is a text."""
        return evaluated(value, self.variables)

    def _variables(self) -> dict[str, str]:
        workload = self.workload
        endpoint = self.machine.assembly.environment.resource_name(workload.slug)
        data, artifacts = (_bucket(self.machine, name) for name in ("Data", "Artifacts"))
        job = f"{endpoint}-{RUN}"
        run = f"s3://{artifacts}/runs/{workload.name}/{RUN}/"
        package = self._arn("model-package", f"{endpoint}/7")
        return {
            "$data.raw_uri": f"s3://{data}/raw/{workload.name}/0123456789abcdef/",
            "$endpoint[0]": self._arn("endpoint", endpoint),
            "$input_uri": f"s3://{data}/uploads/{workload.name}/batch/rows.csv",
            "$model_data_url": f"{run}model/{job}-train/output/model.tar.gz",
            "$model_package_arn": package,
            "$model_run": RUN,
            "$name": f"{endpoint}-{RUN}",
            "$package": package,
            "$package.arn": package,
            "$package.sample_uri": f"{run}evaluation/sample.json",
            "$packages[0]": package,
            "$substring($name, -12)": RUN,
            "$best_training_job": f"{workload.slug}-{RUN}-004-0a1b2c3d",
            "$previous[0]": f"{package[:-1]}6",
            "$previous_run": "ba9876543210",
            "$tuning_job_name": f"{workload.slug}-{RUN}",
            "$previous_config": f"{endpoint}-ba9876543210",
            "$previous_model": f"{endpoint}-ba9876543210",
            "$run.artifacts_uri": run,
            "$run.id": RUN,
            "$run.name": job,
            "$run.processed_uri": f"s3://{data}/processed/{workload.name}/{RUN}/",
            "$serving_config": f"{endpoint}-ba9876543210",
            "$window": "2026/11/21/09",
            "$states.context.StateMachine.Id": self.machine.arn,
            "$states.context.Execution.Input.detail.ModelPackageArn": package,
        }

    def _of(self, task: State) -> Iterator[Need]:
        kind = task["Resource"].split(":states:::")[1]
        arguments = task["Arguments"]
        if kind.endswith(".sync"):
            yield from self._job(kind.removeprefix("sagemaker:create").removesuffix("Job.sync"), arguments)
        elif kind.startswith("aws-sdk:sagemaker:"):
            yield from self._sagemaker(kind.removeprefix("aws-sdk:sagemaker:"), arguments)
        elif kind == "lambda:invoke":
            yield Need("lambda:InvokeFunction", arguments["FunctionName"])
        elif kind == "sns:publish":
            yield Need("sns:Publish", arguments["TopicArn"])
            yield from self._key("Decrypt", "GenerateDataKey")  # the topic is encrypted
        elif kind.startswith("aws-sdk:s3:"):
            yield from self._s3(kind.removeprefix("aws-sdk:s3:"), arguments)
        elif kind == "aws-sdk:cloudwatch:putMetricData":
            namespace = (("cloudwatch:namespace", arguments["Namespace"]),)
            yield Need("cloudwatch:PutMetricData", "*", namespace)
        elif kind == "aws-sdk:sfn:listExecutions":
            yield Need("states:ListExecutions", self.text(arguments["StateMachineArn"]))
        else:
            raise ValueError(f"no rule for what {kind} needs")

    def _job(self, kind: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html."""
        job = self._arn(f"{JOB_ARNS.get(kind, kind.lower())}-job", self.text(arguments[f"{kind}JobName"]))
        yield from (Need(f"sagemaker:{verb}{kind}Job", job) for verb in ("Create", "Describe", "Stop"))
        yield Need("sagemaker:ListTags", job)
        yield from self._asides(job, {**arguments.get("TrainingJobDefinition", {}), **arguments})
        rule = f"StepFunctionsGetEventsForSageMaker{kind.removeprefix('HyperParameter')}JobsRule"
        rule_arn = f"arn:aws:events:{self.machine.assembly.region}:{ACCOUNT}:rule/{rule}"
        yield from (Need(f"events:{verb}", rule_arn) for verb in ("DescribeRule", "PutRule", "PutTargets"))

    def _s3(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        bucket = f"arn:aws:s3:::{arguments['Bucket']}"
        if operation == "listObjectsV2":
            yield Need("s3:ListBucket", bucket, (("s3:prefix", self.text(arguments["Prefix"])),))
            return
        yield Need(f"s3:{operation[0].upper()}{operation[1:]}", f"{bucket}/{self.text(arguments['Key'])}")
        yield from self._key("Decrypt", *(["GenerateDataKey"] if operation == "putObject" else []))

    def _sagemaker(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        action = f"sagemaker:{operation[0].upper()}{operation[1:]}"
        for kind, argument in SAGEMAKER[operation]:
            arn = self._named(kind, arguments.get(argument, ""), arguments)
            yield Need(action, arn)
            if operation.startswith("create") and kind == SAGEMAKER[operation][0][0]:
                yield from self._asides(arn, arguments)
        if operation == "createEndpointConfig" and "KmsKeyId" in arguments:
            yield from self._key("CreateGrant", "DescribeKey")

    def _named(self, kind: str, name: str, arguments: Mapping[str, Any]) -> str:
        if kind == "*":
            return "*"
        if kind == "package of":
            return self._arn("model-package", f"{arguments['ModelPackageGroupName']}/7")
        return self._arn(kind, self.text(name)) if kind else self.text(name)

    def _asides(self, arn: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        """What a creation needs besides: its tags, and passing a role to SageMaker only."""
        if "Tags" in arguments:
            yield Need("sagemaker:AddTags", arn)
        for field in ("RoleArn", "ExecutionRoleArn"):
            if field in arguments:
                service = (("iam:PassedToService", "sagemaker.amazonaws.com"),)
                yield Need("iam:PassRole", arguments[field], service)

    def _key(self, *operations: str) -> Iterator[Need]:
        yield from (Need(f"kms:{operation}", self.key_arn) for operation in operations)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self.machine.assembly.region}:{ACCOUNT}:{kind}/{name}"


def _bucket(machine: StateMachine, beginning: str) -> str:
    assembly = machine.assembly
    [bucket] = [b for b in assembly.resources("AWS::S3::Bucket") if b.logical_id[:-8] == beginning]
    return str(assembly.resolve(bucket.stack, {"Ref": bucket.logical_id}))
