"""Templates for the house rules: one that keeps them all, and for each rule changes that break it."""

from typing import Any

VPC_CONFIG = {"Subnets": ["${Subnet1}"], "SecurityGroupIds": ["${SecurityGroup1}"]}
TRAINING = {
    "OutputDataConfig": {"KmsKeyId": "${KeyArn}"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "${KeyArn}"},
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "VpcConfig": VPC_CONFIG,
}
PROCESSING = {
    "AppSpecification": {"ImageUri": "${ProcessingImage}"},
    "ProcessingOutputConfig": {"KmsKeyId": "${KeyArn}"},
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "${KeyArn}"}},
    "NetworkConfig": {
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "VpcConfig": VPC_CONFIG,
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
TRANSFORM = {
    "TransformOutput": {"KmsKeyId": "${KeyArn}"},
    "TransformResources": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "${KeyArn}"},
    "DataCaptureConfig": {"KmsKeyId": "${KeyArn}"},
}
MODEL = {"EnableNetworkIsolation": True, "VpcConfig": VPC_CONFIG}
ENDPOINT_CONFIG = {
    "ProductionVariants": [{"InstanceType": "ml.m5.large"}],
    "KmsKeyId": "${KeyArn}",
    "DataCaptureConfig": {"KmsKeyId": "${KeyArn}"},
    "AsyncInferenceConfig": {"OutputConfig": {"KmsKeyId": "${KeyArn}"}},
}
PACKAGE = {"ModelPackageGroupName": "${Group}", "ModelApprovalStatus": "PendingManualApproval"}
ENDPOINT = {"EndpointName": "one", "Tags": [{"Key": "workload", "Value": "one"}]}
ENDED = {"IdleSettings": {"LifecycleManagement": "ENABLED", "MaxIdleTimeoutInMinutes": 60}}
ROLE = {"Fn::GetAtt": ["Role", "Arn"]}
EVERYBODY = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/b", "Principal": "*"}


def _resource(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    keeping = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {"Type": kind, "Properties": properties, **keeping}


def _task(call: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:${{Partition}}:states:::{call}", "Arguments": arguments, **more}


def kept() -> dict[str, Any]:
    """Resources that keep every rule."""
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]}
    states = {
        "Train": _task("sagemaker:createTrainingJob.sync", TRAINING),
        "Tune": _task("sagemaker:createHyperParameterTuningJob.sync", {"TrainingJobDefinition": TRAINING}),
        "TuneMany": _task(
            "sagemaker:createHyperParameterTuningJob.sync", {"TrainingJobDefinitions": [TRAINING]}
        ),
        "Process": _task("sagemaker:createProcessingJob.sync", PROCESSING),
        "Transform": _task("sagemaker:createTransformJob.sync", TRANSFORM, TimeoutSeconds=60),
        "CreateModel": _task("aws-sdk:sagemaker:createModel", MODEL),
        "CreateEndpointConfig": _task("aws-sdk:sagemaker:createEndpointConfig", ENDPOINT_CONFIG),
        "CreateEndpoint": _task("aws-sdk:sagemaker:createEndpoint", ENDPOINT, **caught),
        "UpdateEndpoint": _task("aws-sdk:sagemaker:updateEndpoint", {"EndpointName": "one"}, **caught),
        "Register": _task("aws-sdk:sagemaker:createModelPackage", PACKAGE),
        "Reject": _task("aws-sdk:sagemaker:updateModelPackage", {"ModelApprovalStatus": "Rejected"}),
        "Each": {"Type": "Map", "ItemProcessor": {"States": {"Ask": _task("lambda:invoke", {})}}},
    }
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::a/b"}
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": ROLE,
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "a.amazonaws.com"}}
    return {
        "Machine": _resource("AWS::StepFunctions::StateMachine", {"Definition": {"States": states}}),
        "Waiter": _resource(
            "AWS::StepFunctions::StateMachine",
            {"DefinitionString": {"Fn::Join": ["", ["lambda:invoke", {"Ref": "AWS::Region"}]]}},
        ),
        "Domain": _resource(
            "AWS::SageMaker::Domain",
            {
                "AppNetworkAccessType": "VpcOnly",
                "KmsKeyId": "a",
                "DomainSettings": {"ExecutionRoleIdentityConfig": "USER_PROFILE_NAME"},
                "DefaultUserSettings": {
                    "ExecutionRole": ROLE,
                    "SecurityGroups": ["a"],
                    "JupyterLabAppSettings": {"AppLifecycleManagement": ENDED},
                    "CodeEditorAppSettings": {"AppLifecycleManagement": ENDED},
                    "SharingSettings": {"NotebookOutputOption": "Disabled"},
                    "SpaceStorageSettings": {"DefaultEbsStorageSettings": {"MaximumEbsVolumeSizeInGb": 100}},
                },
            },
        ),
        "Profile": _resource("AWS::SageMaker::UserProfile", {"UserSettings": {"ExecutionRole": ROLE}}),
        "Space": _resource(
            "AWS::SageMaker::Space",
            {
                "SpaceSharingSettings": {"SharingType": "Private"},
                "OwnershipSettings": {"OwnerUserProfileName": "ada"},
                "SpaceSettings": {"AppType": "JupyterLab"},
            },
        ),
        "Notebook": _resource(
            "AWS::SageMaker::NotebookInstance",
            {
                "RootAccess": "Disabled",
                "KmsKeyId": "a",
                "SubnetId": "a",
                "SecurityGroupIds": ["a"],
                "DirectInternetAccess": "Disabled",
                "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
            },
        ),
        "Model": _resource("AWS::SageMaker::Model", MODEL),
        "EndpointConfig": _resource("AWS::SageMaker::EndpointConfig", ENDPOINT_CONFIG),
        "Endpoint": _resource(
            "AWS::SageMaker::Endpoint",
            {**ENDPOINT, "DeploymentConfig": {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}},
        ),
        "Group": _resource("AWS::SageMaker::ModelPackageGroup", {"ModelPackageGroupName": "one"}),
        "Role": _resource(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": {"Statement": [trust]},
                "Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": [statement]}}],
            },
        ),
        "Policy": _resource(
            "AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": [statement, passing]}}
        ),
        "BucketPolicy": _resource(
            "AWS::S3::BucketPolicy",
            {"PolicyDocument": {"Statement": [{**EVERYBODY, "Effect": "Deny", "Action": "s3:*"}]}},
        ),
        "Key": _resource(
            "AWS::KMS::Key", {"KeyPolicy": {"Statement": [{**trust, "Action": "kms:*", "Resource": "*"}]}}
        ),
        "Permission": _resource("AWS::Lambda::Permission", {"Principal": "events.amazonaws.com"}),
        "Bucket": _resource("AWS::S3::Bucket", {}),
    }


_STATES = "Machine.Properties.Definition.States"
_TRAIN, _TUNE, _TUNE_MANY = (
    f"{_STATES}.Train.Arguments",
    f"{_STATES}.Tune.Arguments.TrainingJobDefinition",
    f"{_STATES}.TuneMany.Arguments.TrainingJobDefinitions.0",
)
_PROCESS, _TRANSFORM = f"{_STATES}.Process.Arguments", f"{_STATES}.Transform.Arguments"
_MODEL, _CONFIG = f"{_STATES}.CreateModel.Arguments", f"{_STATES}.CreateEndpointConfig.Arguments"
_DOMAIN = "Domain.Properties.DefaultUserSettings"
_ENDS = "AppLifecycleManagement.IdleSettings"
_STATEMENTS = "PolicyDocument.Statement.0"
_EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
_SHARED = {"SharingSettings": {"NotebookOutputOption": "Allowed"}}
_NEVER = {"IdleSettings": {"LifecycleManagement": "DISABLED"}}
_SERVERLESS = [{"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}]
_DISKS = "ml.m5d.large"
_HIDDEN = {"States": {"Hidden": _task("sagemaker:createTrainingJob.sync", TRAINING)}}
_NOT_HELD = {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "*"}

# (the rule, what of the template is changed, its new value; None takes it out)
BROKEN: tuple[tuple[str, str, Any], ...] = (
    ("DOMAIN_ENCRYPTED", "Domain.Properties.KmsKeyId", None),
    ("DOMAIN_SECURITY_GROUPS", f"{_DOMAIN}.SecurityGroups", []),
    ("DOMAIN_SECURITY_GROUPS", "Domain.Properties.DefaultSpaceSettings", {"ExecutionRole": "a"}),
    ("DOMAIN_IDLE_SHUTDOWN", f"{_DOMAIN}.JupyterLabAppSettings", None),
    ("DOMAIN_IDLE_SHUTDOWN", f"{_DOMAIN}.CodeEditorAppSettings.{_ENDS}.LifecycleManagement", "DISABLED"),
    ("DOMAIN_IDLE_SHUTDOWN", f"{_DOMAIN}.JupyterLabAppSettings.{_ENDS}.MaxIdleTimeoutInMinutes", None),
    ("DOMAIN_NAMES_ITS_USERS", "Domain.Properties.DomainSettings.ExecutionRoleIdentityConfig", "DISABLED"),
    ("DOMAIN_SHARES_NO_OUTPUTS", f"{_DOMAIN}.SharingSettings.NotebookOutputOption", "Allowed"),
    ("DOMAIN_LIMITS_DISKS", f"{_DOMAIN}.SpaceStorageSettings", None),
    (
        "DOMAIN_WITHOUT_DOCKER",
        "Domain.Properties.DomainSettings.DockerSettings",
        {"EnableDockerAccess": "ENABLED"},
    ),
    ("DOMAIN_ROLE", f"{_DOMAIN}.ExecutionRole", "arn:aws:iam::111122223333:role/anybody"),
    ("USER_PROFILE_ROLE", "Profile.Properties.UserSettings.ExecutionRole", None),
    (
        "USER_PROFILE_IDLE_SHUTDOWN",
        "Profile.Properties.UserSettings.JupyterLabAppSettings",
        {"AppLifecycleManagement": _NEVER},
    ),
    (
        "USER_PROFILE_IDLE_SHUTDOWN",
        "Profile.Properties.UserSettings.CodeEditorAppSettings",
        {"AppLifecycleManagement": _NEVER},
    ),
    ("USER_PROFILE_SHARES_NO_OUTPUTS", "Profile.Properties.UserSettings", {"ExecutionRole": ROLE, **_SHARED}),
    ("SPACE_PRIVATE", "Space.Properties.SpaceSharingSettings.SharingType", "Shared"),
    ("SPACE_PRIVATE", "Space.Properties.OwnershipSettings", None),
    ("SPACE_APP_ENDS", "Space.Properties.SpaceSettings.AppType", "Canvas"),
    ("NOTEBOOK_WITHOUT_ROOT", "Notebook.Properties.RootAccess", None),
    ("NOTEBOOK_ENCRYPTED", "Notebook.Properties.KmsKeyId", None),
    ("NOTEBOOK_IN_SUBNET", "Notebook.Properties.SubnetId", None),
    ("NOTEBOOK_METADATA_BY_TOKEN", "Notebook.Properties.InstanceMetadataServiceConfiguration", None),
    ("STATE_MACHINE_VISIBLE", "Waiter.Properties.DefinitionString", "states:::sagemaker:createModel"),
    ("STATE_MACHINE_VISIBLE", "Waiter.Properties.DefinitionString.Fn::Join.1.0", "sagemaker:createModel"),
    ("STATE_MACHINE_VISIBLE", "Waiter.Properties.DefinitionS3Location", {"Bucket": "a", "Key": "b"}),
    ("STATE_MACHINE_FLAT", f"{_STATES}.Each.ItemProcessor", _HIDDEN),
    ("STATE_MACHINE_FLAT", f"{_STATES}.Each.ItemProcessor", {"States": {"Inner": {"Type": "Map"}}}),
    ("STATE_MACHINE_FLAT", f"{_STATES}.Both", {"Type": "Parallel", "Branches": [_HIDDEN]}),
    ("STATE_MACHINE_ARGUMENTS", f"{_STATES}.Train.Arguments", "{% $arguments %}"),
    ("TRAINING_JOB_ENCRYPTED", f"{_TRAIN}.OutputDataConfig.KmsKeyId", None),
    ("TRAINING_JOB_ENCRYPTED", f"{_TRAIN}.ResourceConfig.VolumeKmsKeyId", None),
    ("TUNING_JOB_ENCRYPTED", f"{_TUNE}.OutputDataConfig.KmsKeyId", None),
    ("TUNING_JOB_ENCRYPTED", f"{_TUNE_MANY}.ResourceConfig.VolumeKmsKeyId", None),
    ("TRAINING_JOB_ISOLATED", f"{_TRAIN}.EnableNetworkIsolation", None),
    ("TRAINING_JOB_ISOLATED", f"{_TRAIN}.RemoteDebugConfig", {"EnableRemoteDebug": True}),
    ("TUNING_JOB_ISOLATED", f"{_TUNE}.EnableNetworkIsolation", False),
    ("TUNING_JOB_ISOLATED", f"{_TUNE_MANY}.EnableNetworkIsolation", False),
    ("TRAINING_JOB_TRAFFIC_ENCRYPTED", f"{_TRAIN}.EnableInterContainerTrafficEncryption", None),
    ("TUNING_JOB_TRAFFIC_ENCRYPTED", f"{_TUNE}.EnableInterContainerTrafficEncryption", None),
    ("TUNING_JOB_TRAFFIC_ENCRYPTED", f"{_TUNE_MANY}.EnableInterContainerTrafficEncryption", False),
    ("TRAINING_JOB_ENDS", f"{_TRAIN}.StoppingCondition", None),
    ("TUNING_JOB_ENDS", f"{_TUNE}.StoppingCondition", None),
    ("TUNING_JOB_ENDS", f"{_TUNE_MANY}.StoppingCondition", None),
    ("PROCESSING_JOB_ENCRYPTED", f"{_PROCESS}.ProcessingOutputConfig.KmsKeyId", None),
    ("PROCESSING_JOB_ENCRYPTED", f"{_PROCESS}.ProcessingResources.ClusterConfig.VolumeKmsKeyId", None),
    ("PROCESSING_JOB_ISOLATED", f"{_PROCESS}.NetworkConfig.EnableNetworkIsolation", False),
    (
        "PROCESSING_JOB_TRAFFIC_ENCRYPTED",
        f"{_PROCESS}.NetworkConfig.EnableInterContainerTrafficEncryption",
        None,
    ),
    ("PROCESSING_JOB_ENDS", f"{_PROCESS}.StoppingCondition", None),
    ("TRANSFORM_JOB_ENCRYPTED", f"{_TRANSFORM}.TransformOutput.KmsKeyId", None),
    ("TRANSFORM_JOB_ENCRYPTED", f"{_TRANSFORM}.TransformResources.VolumeKmsKeyId", None),
    ("TRANSFORM_JOB_ENCRYPTED", f"{_TRANSFORM}.DataCaptureConfig.KmsKeyId", None),
    ("TRANSFORM_JOB_ENDS", f"{_STATES}.Transform.TimeoutSeconds", None),
    (
        "TRANSFORM_JOB_ENDS",
        f"{_STATES}.Transform.Resource",
        "arn:aws:states:::sagemaker:createTransformJob",
    ),
    ("MODEL_ISOLATED", "Model.Properties.EnableNetworkIsolation", None),
    ("MODEL_TASK_ISOLATED", f"{_MODEL}.EnableNetworkIsolation", False),
    ("ENDPOINT_CONFIG_ENCRYPTED", "EndpointConfig.Properties.KmsKeyId", None),
    ("ENDPOINT_CONFIG_TASK_ENCRYPTED", f"{_CONFIG}.KmsKeyId", None),
    ("ENDPOINT_CONFIG_CAPTURE_ENCRYPTED", "EndpointConfig.Properties.DataCaptureConfig.KmsKeyId", None),
    (
        "ENDPOINT_CONFIG_CAPTURE_ENCRYPTED",
        "EndpointConfig.Properties.AsyncInferenceConfig.OutputConfig",
        {},
    ),
    ("ENDPOINT_CONFIG_TASK_CAPTURE_ENCRYPTED", f"{_CONFIG}.DataCaptureConfig.KmsKeyId", None),
    ("ENDPOINT_CONFIG_WITHOUT_DISKS", "EndpointConfig.Properties.ProductionVariants.0.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_TRAIN}.ResourceConfig.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_TUNE}.ResourceConfig.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_TUNE_MANY}.ResourceConfig.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_PROCESS}.ProcessingResources.ClusterConfig.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_TRANSFORM}.TransformResources.InstanceType", _DISKS),
    ("INSTANCE_WITHOUT_DISKS", f"{_CONFIG}.ProductionVariants.0.InstanceType", _DISKS),
    ("ENDPOINT_ROLLS_BACK", "Endpoint.Properties.DeploymentConfig", None),
    ("ENDPOINT_TASK_CAUGHT", f"{_STATES}.CreateEndpoint.Catch", None),
    ("ENDPOINT_TASK_CAUGHT", f"{_STATES}.UpdateEndpoint.Catch", []),
    ("ENDPOINT_TAGGED", "Endpoint.Properties.Tags", [{"Key": "owner", "Value": "a"}]),
    ("ENDPOINT_TASK_TAGGED", f"{_STATES}.CreateEndpoint.Arguments.Tags", None),
    (
        "MODEL_PACKAGE_GROUP_NOT_SHARED",
        "Group.Properties.ModelPackageGroupPolicy",
        {"Statement": [{**EVERYBODY, "Principal": {"AWS": "*"}}]},
    ),
    ("MODEL_PACKAGE_WAITS", f"{_STATES}.Register.Arguments.ModelApprovalStatus", "Approved"),
    ("MODEL_PACKAGE_WAITS", f"{_STATES}.Register.Arguments.ModelPackageGroupName", None),
    ("IAM_NO_WILDCARD_ACTION", f"Policy.Properties.{_STATEMENTS}", _EVERYTHING),
    ("IAM_NO_WILDCARD_ACTION", f"Policy.Properties.{_STATEMENTS}.Action", "*"),
    ("IAM_NO_WILDCARD_ACTION", "Policy.Properties.PolicyDocument.Statement", _EVERYTHING),
    ("IAM_NO_WILDCARD_ACTION", f"Role.Properties.Policies.0.{_STATEMENTS}.Action.0", "s3:Get*"),
    ("IAM_NO_INVERSION", f"Policy.Properties.{_STATEMENTS}.NotResource", "a"),
    (
        "IAM_NO_INVERSION",
        f"Policy.Properties.{_STATEMENTS}",
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"},
    ),
    ("IAM_PASS_ROLE_HELD", "Policy.Properties.PolicyDocument.Statement.1.Condition", None),
    ("IAM_PASS_ROLE_HELD", "Policy.Properties.PolicyDocument.Statement.1.Resource", "*"),
    ("IAM_PASS_ROLE_HELD", f"Role.Properties.Policies.0.{_STATEMENTS}", _NOT_HELD),
    ("PRINCIPAL_NAMED", f"BucketPolicy.Properties.{_STATEMENTS}.Effect", "Allow"),
    ("PRINCIPAL_NAMED", "Role.Properties.AssumeRolePolicyDocument.Statement.0.Principal", {"AWS": "*"}),
    ("PRINCIPAL_NAMED", "Key.Properties.KeyPolicy.Statement.0.Principal", {"AWS": ["a", "*"]}),
    ("PERMISSION_PRINCIPAL_NAMED", "Permission.Properties.Principal", "*"),
    ("VPC_ONLY_DOMAIN", "Domain.Properties.AppNetworkAccessType", "PublicInternetOnly"),
    ("VPC_ONLY_NOTEBOOK", "Notebook.Properties.DirectInternetAccess", None),
    ("VPC_ONLY_TRAINING_JOB", f"{_TRAIN}.VpcConfig", None),
    ("VPC_ONLY_TUNING_JOB", f"{_TUNE}.VpcConfig.Subnets", []),
    ("VPC_ONLY_TUNING_JOB", f"{_TUNE_MANY}.VpcConfig", None),
    ("VPC_ONLY_PROCESSING_JOB", f"{_PROCESS}.NetworkConfig.VpcConfig", None),
    ("VPC_ONLY_MODEL", "Model.Properties.VpcConfig.SecurityGroupIds", None),
    ("VPC_ONLY_MODEL_TASK", f"{_MODEL}.VpcConfig", None),
    ("VPC_ONLY_NO_SERVERLESS", "EndpointConfig.Properties.ProductionVariants", _SERVERLESS),
    ("VPC_ONLY_NO_SERVERLESS_TASK", f"{_CONFIG}.ProductionVariants", _SERVERLESS),
    ("MANUAL_APPROVAL", f"{_STATES}.Reject.Arguments.ModelApprovalStatus", "Approved"),
    ("RETAINED", "Bucket.DeletionPolicy", "Delete"),
    ("RETAINED", "Key.UpdateReplacePolicy", None),
)
