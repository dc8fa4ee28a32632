"""What a workload may ask of training besides one job: a search, Debugger's report, Clarify, a bias gate."""

import pytest

from settings.loading import load_environment, load_workloads
from settings.workload import Workload
from stacks.constructs.state_machine import LOG_DELIVERY_ACTIONS, TRACE_ACTIONS
from stacks.constructs.training_definition import training_definition
from tests.infrastructure.assembly import ACCOUNT, Assembly
from tests.infrastructure.calls import Calls
from tests.infrastructure.job_needs import job_needs
from tests.infrastructure.policies import Grant, Need, grants, idle, missing, role_named, roles
from tests.infrastructure.state_machines import State, state_machine

DEV = load_environment("dev")
WORKLOADS = {workload.name: workload for workload in load_workloads(DEV)}
TUNED, DEBUGGED = WORKLOADS["census_income_tuned"], WORKLOADS["census_income"]


@pytest.fixture(params=[TUNED.name, DEBUGGED.name])
def optional(request: pytest.FixtureRequest, whole_dev: Assembly) -> Assembly:
    """The platform, looked at for one workload with options."""
    return Assembly(DEV, (WORKLOADS[request.param],), whole_dev.folder)


@pytest.fixture
def tuned(whole_dev: Assembly) -> Assembly:
    return Assembly(DEV, (TUNED,), whole_dev.folder)


def _states(workload: Workload) -> dict[str, State]:
    states: dict[str, State] = training_definition(
        workload, DEV, code_prefix="code/prefix/", plotting_prefix="code/_plotting/x/"
    )["States"]
    return states


def test_the_role_may_do_all_that_the_options_call_and_nothing_else(optional: Assembly) -> None:
    # Given the calls of a definition with options, and what Step Functions itself does as the role
    machine = state_machine(optional, "training")
    own = [Need(action, "*") for action in (*LOG_DELIVERY_ACTIONS, *TRACE_ACTIONS)]
    needs = [*Calls(machine).needs(), *own]
    # Then the role refuses none, and allows nothing besides
    assert missing(needs, machine.grants) == []
    assert idle(needs, machine.grants) == []


def test_job_roles_may_do_all_that_the_options_do_and_nothing_else(optional: Assembly) -> None:
    # Given what the jobs of a workload with options do
    needed = job_needs(optional)
    [workload] = optional.workloads
    kinds = ["ProcessingRole", "TrainingRole", "ModelRole", "HostingRole", "BatchRole"]
    kinds += ["ClarifyRole"] if workload.clarify else []
    names = {f"{workload.pascal}{kind}" for kind in kinds}
    own = [role for role in roles(optional) if role.logical_id[:-8] in names]
    # Then there is a role for each kind
    arns = {optional.resolve(role.stack, {"Fn::GetAtt": [role.logical_id, "Arn"]}): role for role in own}
    assert arns.keys() == needed.keys()
    assert len(arns) == len(kinds)
    # Which refuses its jobs nothing, and allows nothing besides
    for arn, role in arns.items():
        allowed = grants(optional, role)
        assert missing(needed[arn], allowed) == [], arn
        assert idle(needed[arn], allowed) == [], arn


def test_a_search_has_the_settings_ranges() -> None:
    # Given a workload with ranges
    assert TUNED.tuning
    search = _states(TUNED)["Tune"]["Arguments"]["HyperParameterTuningJobConfig"]
    # Then the tuning job has each of them, as text, under its kind
    ranges = search["ParameterRanges"]
    assert ranges.keys() == {"IntegerParameterRanges", "ContinuousParameterRanges"}
    assert ranges["IntegerParameterRanges"] == [
        {"Name": "max_depth", "MinValue": "3", "MaxValue": "6", "ScalingType": "Linear"}
    ]
    eta = {"Name": "eta", "MinValue": "0.03", "MaxValue": "0.1", "ScalingType": "Logarithmic"}
    assert eta in ranges["ContinuousParameterRanges"]
    assert {entry["Name"] for kind in ranges.values() for entry in kind} == set(TUNED.tuning.ranges)
    # And is limited, and searches the same way each time
    limits = {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 3}
    assert search["ResourceLimits"] == limits
    assert search["RandomSeed"] == TUNED.tuning.seed
    assert search["TrainingJobEarlyStoppingType"] == "Off"
    assert search["HyperParameterTuningJobObjective"] == {"MetricName": "validation:auc", "Type": "Maximize"}


def test_a_search_runs_the_workloads_script() -> None:
    # Given the training jobs of a search with a script
    job = _states(TUNED)["Tune"]["Arguments"]["TrainingJobDefinition"]
    # Then the container is told the script, which a channel of its own brings
    assert job["StaticHyperParameters"] == (
        "{% $merge([$run.hyperparameters, {'sagemaker_program': 'train.py',"
        " 'sagemaker_submit_directory': '/opt/ml/input/data/code'}]) %}"
    )
    channels = {channel["ChannelName"]: channel for channel in job["InputDataConfig"]}
    assert channels.keys() == {*TUNED.channels, "code"}
    code = channels["code"]["DataSource"]["S3DataSource"]
    assert code["S3Uri"] == "s3://${ArtifactsBucket}/code/prefix/"
    assert code["S3DataDistributionType"] == "FullyReplicated"
    # And the objective's metric is read from what it logs
    [metric] = job["AlgorithmSpecification"]["MetricDefinitions"]
    assert metric["Name"] == "validation:auc"
    assert job["EnableNetworkIsolation"] is True


def test_the_best_training_jobs_model_goes_on() -> None:
    states = _states(TUNED)
    assert "Train" not in states
    road = ["Tune", "RankTrainingJobs", "RecordTuning", "DescribeBest", "RecordTraining", "CreateModel"]
    assert [states[name]["Next"] for name in road[:-1]] == road[1:]
    assert states["DescribeBest"]["Arguments"] == {"TrainingJobName": "{% $best_training_job %}"}
    assert states["RankTrainingJobs"]["Arguments"]["SortOrder"] == "Descending"


def test_debugger_saves_tensors_and_reports_on_them() -> None:
    # Given a workload with Debugger
    assert DEBUGGED.debugger
    job = _states(DEBUGGED)["Train"]["Arguments"]
    # Then the hook saves what the report is made of, where the rule writes
    hook, [rule] = job["DebugHookConfig"], job["DebugRuleConfigurations"]
    saved = {
        each["CollectionName"]: each["CollectionParameters"] for each in hook["CollectionConfigurations"]
    }
    often = {"save_interval": str(DEBUGGED.debugger.save_interval)}
    names = ("metrics", "feature_importance", "predictions", "labels")
    assert saved == {**dict.fromkeys(names, often), "hyperparameters": {"save_steps": "0"}}
    assert rule["RuleParameters"] == {"rule_to_invoke": "CreateXgboostReport"}
    assert rule["S3OutputPath"] == hook["S3OutputPath"] == "{% $run.artifacts_uri & 'debugger' %}"


def test_a_run_waits_for_the_report_but_not_for_ever() -> None:
    states = _states(DEBUGGED)
    assert states["Train"]["Next"] == "CountLooksAtRules"
    assert states["CountLooksAtRules"]["Assign"] == {"looks": 0}
    # Given the choice between waiting and going on
    choice = states["AreRulesEvaluated"]
    following = [each["Next"] for each in choice["Choices"]]
    assert following == ["ReportMissing", "RecordTraining", "WaitForRules"]
    # Then the looks are counted, and too many are a failure
    assert "$looks < " in choice["Choices"][-1]["Condition"]
    assert choice["Default"] == "ReportMissing"
    assert states["WaitForRules"]["Next"] == "LookAtRules"
    assert states["LookAtRules"]["Assign"]["looks"] == "{% $looks + 1 %}"


def test_clarify_looks_at_the_candidate_before_it_is_deleted() -> None:
    states = _states(TUNED)
    road = ["Transform", "ReadColumns", "ConfigureClarify", "Clarify", "DeleteModel"]
    assert [states[name]["Next"] for name in road[:-1]] == road[1:]
    # And where one of them fails, the candidate is deleted too
    for name in road[:-1]:
        assert {catcher["Next"] for catcher in states[name]["Catch"]} == {"DeleteModelOfFailure"}, name


def test_clarifys_role_reaches_its_own_endpoints_and_the_candidates_only(tuned: Assembly) -> None:
    # Given what Clarify's role may do in SageMaker
    role = role_named(tuned, "training", "CensusIncomeTunedClarifyRole")
    allowed = [grant for grant in grants(tuned, role) if grant.action.startswith("sagemaker:")]
    name = DEV.resource_name(TUNED.slug)
    prefix = _states(TUNED)["ConfigureClarify"]["Arguments"]["Body"]["predictor"]["endpoint_name_prefix"]

    def kinds(kind: str) -> set[str]:
        return {_action(grant) for grant in allowed if f":{kind}/" in grant.resource}

    # Then it makes, asks and deletes an endpoint
    assert kinds("endpoint-config") == {
        "AddTags",
        "CreateEndpoint",
        "CreateEndpointConfig",
        "DeleteEndpointConfig",
    }
    endpoint = {"AddTags", "CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", "InvokeEndpoint"}
    assert kinds("endpoint") == endpoint
    assert kinds("model") == {"DescribeModel"}
    # And none but those that it is told to name so, and the candidates
    for grant in allowed:
        own = grant.resource.partition("/")[2]
        assert own in {f"{prefix}-*", f"{name}-{'?' * 12}-candidate"}, grant


def test_the_cleanup_may_delete_what_clarify_left_and_looks_for_it(tuned: Assembly) -> None:
    # Given the prefix of Clarify's endpoints
    prefix = _states(TUNED)["ConfigureClarify"]["Arguments"]["Body"]["predictor"]["endpoint_name_prefix"]
    prefixes = {
        resource.logical_id: resource.properties["ShadowEndpointPrefixes"]
        for resource in tuned.resources("Custom::TrainingCleanup")
    }
    # Then the one workload's clean-up sweeps it
    assert [swept for swept in prefixes.values() if swept] == [[f"{prefix}-"]]
    # And may delete endpoints and configurations of that name
    allowed = grants(tuned, role_named(tuned, "training", "CleanupIsCompleteRole"))
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
    log_groups = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints"
    made = f"{prefix}-ml-dev-1746251067-14e5"
    needs = [
        Need("sagemaker:DeleteEndpoint", f"{arn}:endpoint/{made}"),
        Need("sagemaker:DeleteEndpointConfig", f"{arn}:endpoint-config/{made}"),
        # Their logs are found by the prefix
        Need("logs:DescribeLogGroups", "*"),
        Need("logs:DeleteLogGroup", f"{log_groups}/{made}:*"),
    ]
    assert missing(needs, allowed) == []
    # And no other endpoints' logs but those of the workloads' own
    assert missing([Need("logs:DeleteLogGroup", f"{log_groups}/clarify-00000000-a:*")], allowed) != []


def test_a_bias_gate_is_asked_after_the_metrics() -> None:
    # Given a workload without a bias gate and one with it
    assert "BiasGate" not in _states(TUNED)
    assert TUNED.clarify
    gate = {"metric": "DPPL", "facet": "sex_Female", "largest": 0.3}
    settings = {**TUNED.model_dump(), "clarify": {**TUNED.clarify.model_dump(), "gate": gate}}
    states = _states(Workload.model_validate(settings))
    # Then the model is registered only where both let it pass
    assert [choice["Next"] for choice in states["Gate"]["Choices"]] == ["BiasGate"]
    assert states["BiasGate"]["Choices"] == [{"Condition": "{% $abs($bias) <= 0.3 %}", "Next": "Register"}]
    assert states["Gate"]["Default"] == states["BiasGate"]["Default"] == "NotifyRejection"
    assert ".bias_metrics.`DPPL_sex_Female`.value" in states["ReadEvaluation"]["Assign"]["bias"]


def _action(grant: Grant) -> str:
    return grant.action.removeprefix("sagemaker:")


def test_the_test_set_is_predicted_with_as_much_as_its_evaluation_wants_to_know() -> None:
    # Given a workload that wants more of the test set's answers, and one that doesn't
    recommender, plain = WORKLOADS[DEV.recommendation.workload], WORKLOADS["taxi_anomalies"]
    # Then the transform of a run asks for it, and an endpoint is registered for the plain answers
    accepted = {
        workload.name: (
            _states(workload)["Transform"]["Arguments"]["TransformOutput"]["Accept"],
            _states(workload)["Register"]["Arguments"]["InferenceSpecification"][
                "SupportedResponseMIMETypes"
            ],
        )
        for workload in (recommender, plain)
    }
    assert accepted == {
        recommender.name: ("application/jsonlines; verbose=true", ["application/jsonlines"]),
        plain.name: ("application/jsonlines", ["application/jsonlines"]),
    }


@pytest.mark.parametrize(
    ("bounds", "worse"),
    [
        ({"minimum": 0.9, "maximum": None}, "$previous_metric - $metric"),
        ({"minimum": None, "maximum": 0.1}, "$metric - $previous_metric"),
    ],
)
def test_a_model_worse_than_the_approved_one_is_rejected(bounds: dict[str, float | None], worse: str) -> None:
    # Given a gate that allows a little regression, of a metric that is good when it is high, or low
    gate = TUNED.gate.model_copy(update={**bounds, "largest_regression": 0.01})
    states = _states(TUNED.model_copy(update={"gate": gate}))
    # Then the gate leads to a second one, which a first model passes, and a later one by its metric
    assert [choice["Next"] for choice in states["Gate"]["Choices"]] == ["RegressionGate"]
    condition = f"{{% $previous_metric = null or {worse} <= 0.01 %}}"
    assert states["RegressionGate"]["Choices"] == [{"Condition": condition, "Next": "Register"}]
    assert states["RegressionGate"]["Default"] == "NotifyRejection"
    # And there is a metric to compare with, or null, whichever way is taken to the gate
    assert states["FindPrevious"]["Assign"]["previous_metric"] == "{% null %}"
    assert gate.metric in states["ReadPrevious"]["Assign"]["previous_metric"]
    # And the verdict tells it
    assert "the newest approved model has" in states["ReadEvaluation"]["Assign"]["verdict"]


def test_without_a_limit_models_may_be_worse_than_the_approved_one() -> None:
    assert "RegressionGate" not in _states(TUNED)
    assert "previous_metric" not in _states(TUNED)["ReadEvaluation"]["Assign"]["verdict"]
