"""What the tasks of a state machine need to be allowed, derived from its definition.

A task calls an API with arguments; some arguments make it need more: a role that is passed, tags, a key.
Actions and resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Callable, Iterator, Mapping
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

SCALING_ALARMS = {
    "deleteScalingPolicy": ("DeleteAlarms",),
    "deregisterScalableTarget": ("DeleteAlarms",),
    "putScalingPolicy": ("DescribeAlarms", "PutMetricAlarm"),
    "registerScalableTarget": (),
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
            "$input_uri": f"s3://{data}/uploads/{workload.name}/batch/rows.csv",
            "$model_data_url": f"{run}model/{job}-train/output/model.tar.gz",
            "$model_package_arn": package,
            "$model_run": RUN,
            "$kept.config": f"{endpoint}-{RUN}",
            "$kept.package": package,
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
        service, _, operation = kind.removeprefix("aws-sdk:").partition(":")
        if kind.endswith(".sync"):
            yield from self._job(kind.removeprefix("sagemaker:create").removesuffix("Job.sync"), arguments)
        elif kind.startswith("aws-sdk:") and service in self._services:
            yield from self._services[service](operation, arguments)
        elif kind == "lambda:invoke":
            yield Need("lambda:InvokeFunction", arguments["FunctionName"])
        elif kind == "sns:publish":
            yield Need("sns:Publish", arguments["TopicArn"])
            yield from self._key("Decrypt", "GenerateDataKey")  # the topic is encrypted
        else:
            raise ValueError(f"no rule for what {kind} needs")

    @property
    def _services(self) -> Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Need]]]:
        return {
            "applicationautoscaling": self._scaling,
            "cloudwatch": self._cloudwatch,
            "cloudwatchlogs": self._cloudwatch_logs,
            "s3": self._s3,
            "sagemaker": self._sagemaker,
            "sfn": self._sfn,
            "ssm": self._ssm,
        }

    def _sfn(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        yield Need(f"states:{_api(operation)}", self.text(arguments["StateMachineArn"]))

    def _ssm(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        for name in arguments.get("Names", [arguments.get("Name")]):
            yield Need(f"ssm:{_api(operation)}", self._arn(f"parameter{name}", service="ssm"))

    def _cloudwatch(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        if operation == "putMetricData":
            namespace = (("cloudwatch:namespace", arguments["Namespace"]),)
            yield Need("cloudwatch:PutMetricData", "*", namespace)
        else:
            assert operation == "describeAlarms"
            yield from self._alarms(*arguments["AlarmNames"])

    def _cloudwatch_logs(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        """The key is used by CloudWatch Logs itself, as its policy lets it."""
        group = f"log-group:{arguments['LogGroupName']}:*"
        yield Need(f"logs:{_api(operation)}", self._arn(group, service="logs"))

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
        yield Need(f"s3:{_api(operation)}", f"{bucket}/{self.text(arguments['Key'])}")
        yield from self._key("Decrypt", *(["GenerateDataKey"] if operation == "putObject" else []))

    def _sagemaker(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        action = f"sagemaker:{_api(operation)}"
        keys: tuple[tuple[str, str], ...] = ()
        if "ModelApprovalStatus" in arguments and operation == "updateModelPackage":
            keys = (("sagemaker:ModelApprovalStatus", arguments["ModelApprovalStatus"]),)
        for kind, argument in SAGEMAKER[operation]:
            arn = self._named(kind, arguments.get(argument, ""), arguments)
            yield Need(action, arn, keys)
            if operation.startswith("create") and kind == SAGEMAKER[operation][0][0]:
                yield from self._asides(arn, arguments)
        if operation == "createEndpointConfig" and "KmsKeyId" in arguments:
            yield from self._key("CreateGrant", "DescribeKey")
        rollback = arguments.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
        yield from self._alarms(*(alarm["AlarmName"] for alarm in rollback.get("Alarms", ())))
        if operation == "deleteEndpoint":
            variant = f"endpoint/{self.text(arguments['EndpointName'])}/variant/AllTraffic"
            yield from self._scaling("deregisterScalableTarget", {"ResourceId": variant})
            yield from self._scaling("deleteScalingPolicy", {"ResourceId": variant})

    def _alarms(self, *names: str) -> Iterator[Need]:
        yield from (
            Need("cloudwatch:DescribeAlarms", self._arn(f"alarm:{name}", service="cloudwatch"))
            for name in names
        )

    def _scaling(self, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
        """https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html."""
        keys = (
            ("application-autoscaling:service-namespace", "sagemaker"),
            ("application-autoscaling:scalable-dimension", "sagemaker:variant:DesiredInstanceCount"),
        )
        target = self._arn("scalable-target/0a1b2c3d", service="application-autoscaling")
        yield Need(f"application-autoscaling:{_api(operation)}", target, keys)
        _, endpoint, _, _ = arguments["ResourceId"].split("/")
        for action in SCALING_ALARMS[operation]:
            name = f"alarm:TargetTracking-{arguments['ResourceId']}-AlarmHigh-0a1b2c3d"
            yield Need(f"cloudwatch:{action}", self._arn(name, service="cloudwatch"))
        if operation == "registerScalableTarget":
            for action in ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"):
                yield Need(f"sagemaker:{action}", self._arn("endpoint", endpoint))
            service = "sagemaker.application-autoscaling.amazonaws.com"
            role = f"{service}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
            arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{role}"
            yield Need("iam:CreateServiceLinkedRole", arn, (("iam:AWSServiceName", service),))

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

    def _arn(self, kind: str, name: str = "", service: str = "sagemaker") -> str:
        resource = f"{kind}/{name}" if name else kind
        return f"arn:aws:{service}:{self.machine.assembly.region}:{ACCOUNT}:{resource}"


def _api(operation: str) -> str:
    return f"{operation[0].upper()}{operation[1:]}"


def _bucket(machine: StateMachine, beginning: str) -> str:
    assembly = machine.assembly
    [bucket] = [b for b in assembly.resources("AWS::S3::Bucket") if b.logical_id[:-8] == beginning]
    return str(assembly.resolve(bucket.stack, {"Ref": bucket.logical_id}))
