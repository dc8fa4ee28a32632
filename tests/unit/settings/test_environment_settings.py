"""Wrong environments are refused with the file, the field, the value, and what is allowed."""

from pathlib import Path

import pytest

from settings.environment import LOG_RETENTION_DAYS
from settings.loading import PROJECT_ROOT, SettingsError, load_environment
from tests.unit.settings.conftest import DELETED, Project, changed

KEYS: dict[str, object] = {
    "clients": ["shop"],
    "monthly_quota": 1000,
    "throttling_rate": 5,
    "throttling_burst": 10,
}
BAD_SETTINGS = [
    ("prefix", "ML_Dev", "\"ML_Dev\" is not allowed; the prefix begins every stack's and endpoint's name"),
    ("prefix", "ml-", '"ml-" is not allowed; the prefix begins'),
    ("prefix", "1ml", '"1ml" is not allowed; the prefix begins'),
    ("prefix", 5, "5 is not allowed; the prefix begins"),
    ("prefix", DELETED, "missing; the prefix begins"),
    ("region", "us-east-9", 'unknown region "us-east-9"; did you mean us-east-'),
    ("region", "aws-global", 'unknown region "aws-global"'),
    ("region", 7, "7 is not allowed; a region such as us-east-1, or null"),
    ("retain_data", "yes", '"yes" is not allowed; true keeps buckets and keys'),
    (
        "approval",
        "auto",
        '"auto" is not allowed; approval of a model that passed its gate is automatic or manual',
    ),
    ("log_retention_days", 15, "15 is not allowed; CloudWatch keeps logs for one of 1, 3, 5, 7, 14, 30"),
    ("log_retention_days", True, "true is not allowed; CloudWatch keeps logs for one of"),
    ("network", None, "null is not allowed; a mapping with mode"),
    ("network.mode", "private", '"private" is not allowed; the mode is public or vpc_only'),
    ("network.zones", 1, "1 is not allowed; the number of availability zones of the platform's own VPC"),
    ("network.zones", 4, "4 is not allowed; the number of availability zones"),
    ("network.cidr", "10.0.0.0/8", '"10.0.0.0/8" is not allowed; the addresses of the platform\'s own VPC'),
    ("network.cidr", "10.0.0.0/28", "a private block from /16 to /24 such as 10.64.0.0/16"),
    ("network.cidr", "10.0.0.1/16", "10.0.0.1/16 has host bits set"),
    ("network.cidr", "8.8.0.0/16", '"8.8.0.0/16" is not allowed'),
    ("network.cidr", "172.17.0.0/20", "SageMaker's instances use 172.17.0.0/16 themselves"),
    ("network.vpc_id", "vpc-1", '"vpc-1" is not allowed; the id of a VPC that is there already'),
    ("network.subnet_ids", ["subnet-1"], '"subnet-1" is not allowed; a list of at most 16 subnet ids'),
    ("api", DELETED, "missing; a mapping with throttling_rate, throttling_burst"),
    (
        "api.throttling_rate",
        0,
        "0 is not allowed; the throttling rate is requests a second, a number above 0",
    ),
    ("api.throttling_rate", "fast", '"fast" is not allowed; the throttling rate is requests a second'),
    ("api.throttling_rate", float("inf"), "is not allowed; the throttling rate is requests a second"),
    ("api.throttling_burst", -1, "-1 is not allowed; the throttling burst is requests at once"),
    ("api.throttling_burst", 1.5, "1.5 is not allowed; the throttling burst is requests at once"),
    ("api.waf", 1, "1 is not allowed; true puts a web application firewall before the API"),
    ("api.log_role", "none", '"none" is not allowed; own makes the role with which API Gateway writes logs'),
    ("api.predictions", ["quiz_answers"], '"quiz_answers" is not allowed; its folder has no inference.py'),
    ("api.predictions", ["quiz"], 'unknown workload "quiz"; Known: '),
    ("api.predictions", "quiz_answers", '"quiz_answers" is not allowed; a list of workloads that the API'),
    ("api.predictions", [3], "3 is not allowed; a list of workloads that the API predicts with"),
    ("api.keys", True, "true is not allowed; null, or a mapping with clients, monthly_quota"),
    ("recommendation.workload", "quiz_answer", 'unknown workload "quiz_answer"; did you mean quiz_answers?'),
    ("notifications.email", "team", '"team" is not allowed; an email address such as team@example.com'),
    ("notifications.email", "a@b", '"a@b" is not allowed; an email address'),
    ("notifications.email", "a b@example.com", '"a b@example.com" is not allowed; an email address'),
    ("tags.aws:owner", "me", 'the key "aws:owner" is not allowed; a tag\'s key has 1 to 128'),
    ("tags.owner", "a|b", '"a|b" is not allowed; a tag\'s value has at most 256'),
    ("tags.owner", 3, "3 is not allowed; a mapping of tag keys to text"),
    ("workloads.quiz_anwsers", {}, 'unknown workload "quiz_anwsers"; did you mean quiz_answers?'),
    ("workloads.quiz_answers", 3, "3 is not allowed; a mapping of workload names to the part"),
    ("retain_date", True, 'unknown key "retain_date"; did you mean retain_data?'),
    ("name", "dev", 'unknown key "name"; '),
    (
        "network.subnets",
        [],
        (
            'unknown key "subnets"; did you mean subnet_ids? Known: cidr, in_place_of_serverless, mode, '
            "security_group_ids"
        ),
    ),
]


@pytest.mark.parametrize(("field", "value", "problem"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_by_name(project: Project, field: str, value: object, problem: str) -> None:
    # Given
    changed(project.environment, field, value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    (fault,) = error.value.faults
    assert fault.file == "settings/dev.yaml"
    assert fault.field.removesuffix("[0]") == field
    assert problem in fault.problem
    assert str(error.value) == f"settings/dev.yaml: {fault.field}: {fault.problem}"


def test_all_faults_are_told_at_once(project: Project) -> None:
    # Given
    for field, value in (("prefix", "X"), ("region", "moon"), ("api.waf", "on"), ("tags.aws:x", "|")):
        changed(project.environment, field, value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    fields = [fault.field for fault in error.value.faults]
    assert fields == ["prefix", "region", "api.waf", "tags.aws:x", "tags.aws:x"]
    assert len(str(error.value).splitlines()) == 5


def test_vpc_only_makes_a_vpc_unless_one_is_named(project: Project) -> None:
    # Given
    project.environment["network"] = {"mode": "vpc_only"}
    # When
    network = project.load_environment().network
    # Then
    assert not network.brings_a_vpc
    assert (network.cidr, network.zones) == ("10.64.0.0/16", 2)
    assert (network.subnet_count, network.security_group_count) == (2, 1)


def test_a_vpc_that_is_there_is_named_with_subnets_and_security_groups(project: Project) -> None:
    # Given
    project.environment["network"] = {"mode": "vpc_only", "subnet_ids": ["subnet-0123456789abcdef0"]}
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    allowed = "a VPC that is there already needs all of vpc_id, subnet_ids, security_group_ids"
    assert str(error.value) == (
        f"settings/dev.yaml: network.vpc_id: null is not allowed; {allowed}\n"
        f"settings/dev.yaml: network.security_group_ids: [] is not allowed; {allowed}"
    )


def test_a_vpc_that_is_there_has_its_own_addresses_and_zones(project: Project) -> None:
    # Given
    project.environment["network"] = {
        "mode": "vpc_only",
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0123456789abcdef0"],
        "security_group_ids": ["sg-0123456789abcdef0"],
        "cidr": "10.1.0.0/16",
        "zones": 3,
    }
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    assert [fault.field for fault in error.value.faults] == ["network.cidr", "network.zones"]


def test_a_public_network_has_serverless_endpoints(project: Project) -> None:
    # Given
    instances = {"instance_type": "ml.m5.large", "instance_count": 1}
    project.environment["network"] = {"mode": "public", "in_place_of_serverless": instances}
    # When / Then
    with pytest.raises(SettingsError, match=r"network\.in_place_of_serverless: .*public has serverless"):
        project.load_environment()


def test_a_public_network_has_no_subnets(project: Project) -> None:
    # Given
    project.environment["network"] = {"mode": "public", "subnet_ids": ["subnet-0123456789abcdef0"]}
    # When / Then
    with pytest.raises(SettingsError, match=r"network\.mode public has no subnet_ids"):
        project.load_environment()


def test_more_than_fifty_tags_are_refused(project: Project) -> None:
    # Given
    project.environment["tags"] = {f"tag{number}": "" for number in range(51)}
    # When / Then
    with pytest.raises(SettingsError, match="tags: 51 tags are not allowed; at most 50 are"):
        project.load_environment()


def test_a_long_value_is_shortened(project: Project) -> None:
    # Given
    project.environment["approval"] = "x" * 1000
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    assert f"{'x' * 50}" in str(error.value)
    assert len(str(error.value)) < 300


def test_defaults_are_the_careful_ones(project: Project) -> None:
    # When
    environment = project.load_environment()
    # Then
    assert environment.name == "dev"
    assert environment.retain_data
    assert environment.approval == "manual"
    assert environment.api.waf
    assert environment.region is None


def test_an_environment_without_a_file_is_refused_with_the_known_ones(project: Project) -> None:
    # Given
    project.write()
    # When / Then
    with pytest.raises(SettingsError, match=r'unknown environment "deb"; did you mean dev\? Known: dev'):
        load_environment("deb", project.root)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prefix: [", "settings/dev.yaml: line 1: isn't valid YAML: "),
        (
            "prefix: a\n  region: b\n",
            "settings/dev.yaml: line 2: isn't valid YAML: mapping values are not allowed",
        ),
        (
            "prefix: a\napi:\n  waf: true\n  waf: false\n",
            'settings/dev.yaml: line 4: the key "waf" is there twice',
        ),
        ("prefix: \x07", "settings/dev.yaml: isn't valid YAML: unacceptable character"),
        ("- prefix", 'settings/dev.yaml: ["prefix"] is not allowed; the file is a mapping of text keys'),
        ("", "settings/dev.yaml: null is not allowed; the file is a mapping of text keys"),
        ("1: a", "is not allowed; the file is a mapping of text keys"),
        (
            "prefix: !!python/name:os.system",
            "settings/dev.yaml: line 1: isn't valid YAML: could not determine",
        ),
        ("a: 1\n---\nb: 2", "settings/dev.yaml: line 2: isn't valid YAML: but found another document"),
    ],
)
def test_a_file_that_cant_be_read_is_refused_with_the_line(project: Project, text: str, problem: str) -> None:
    # Given
    project.write()
    project.environment_file.write_text(text)
    # When
    with pytest.raises(SettingsError) as error:
        load_environment("dev", project.root)
    # Then
    assert problem in str(error.value)


def test_every_key_that_is_there_twice_is_told(project: Project) -> None:
    # Given
    project.write()
    project.environment_file.write_text("prefix: a\nprefix: b\ntags:\n  x: a\n  x: b\n")
    # When
    with pytest.raises(SettingsError) as error:
        load_environment("dev", project.root)
    # Then
    assert sorted(fault.field for fault in error.value.faults) == ["line 2", "line 5"]


def test_text_that_isnt_utf_8_is_refused(project: Project) -> None:
    # Given
    project.write()
    project.environment_file.write_bytes(b"prefix: \xff")
    # When / Then
    with pytest.raises(SettingsError, match=r"settings/dev\.yaml: can't be read: .*utf-8"):
        load_environment("dev", project.root)


@pytest.mark.parametrize(
    "file", sorted((PROJECT_ROOT / "settings").glob("*.yaml")), ids=lambda file: file.stem
)
def test_the_projects_own_environments_are_valid(file: Path) -> None:
    environment = load_environment(file.stem)
    assert environment.name == file.stem
    assert environment.log_retention_days in LOG_RETENTION_DAYS


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("clients", [], "[] is not allowed; a list of different names"),
        ("clients", ["Shop"], '"Shop" is not allowed; a list of different names, each of which gets a key'),
        ("clients", ["shop", "shop"], '"shop" is not allowed; a list of different names'),
        ("monthly_quota", 0, "0 is not allowed; how many requests a key is good for in a month"),
        ("throttling_rate", -1, "-1 is not allowed; how many requests a second a key is good for"),
        ("throttling_burst", 0.5, "0.5 is not allowed; how many requests at once a key is good for"),
        ("monthly_quota", DELETED, "missing; how many requests a key is good for in a month"),
    ],
)
def test_a_bad_setting_of_keys_is_refused_by_name(
    project: Project, key: str, value: object, problem: str
) -> None:
    # Given
    project.environment["api"]["keys"] = dict(KEYS)
    changed(project.environment, f"api.keys.{key}", value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    (fault,) = error.value.faults
    assert fault.field.startswith(f"api.keys.{key}")
    assert problem in fault.problem
