from pathlib import Path

import pytest

from cli.errors import OperatorError
from cli.target import LOCAL_REGION, Target, TargetName, choose, local_port, local_target

AWS = Target(TargetName.AWS)


def local(port: int = 4566) -> Target:
    return Target(TargetName.LOCAL, f"http://127.0.0.1:{port}", LOCAL_REGION)


@pytest.fixture
def with_local_aws(tmp_path: Path) -> Path:
    (tmp_path / "aws").mkdir()
    return tmp_path


def test_a_folder_with_a_local_aws_uses_it(with_local_aws: Path) -> None:
    assert choose(None, None, {}, with_local_aws) == local()


def test_a_folder_without_a_local_aws_uses_aws(tmp_path: Path) -> None:
    assert choose(None, None, {}, tmp_path) == AWS


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"])
def test_chosen_credentials_mean_aws(variable: str, with_local_aws: Path) -> None:
    assert choose(None, None, {variable: "mine"}, with_local_aws) == AWS


def test_an_endpoint_url_is_used_as_it_is(tmp_path: Path) -> None:
    environ = {"AWS_ENDPOINT_URL": "http://10.0.0.1:4000", "AWS_PROFILE": "mine", "AWS_REGION": "eu-west-1"}

    assert choose(None, None, environ, tmp_path) == Target(
        TargetName.LOCAL, "http://10.0.0.1:4000", "eu-west-1"
    )


def test_a_requested_target_wins(with_local_aws: Path) -> None:
    assert choose(TargetName.AWS, None, {"AWS_ENDPOINT_URL": "http://10.0.0.1"}, with_local_aws) == AWS
    assert choose(TargetName.LOCAL, None, {"AWS_PROFILE": "mine"}, with_local_aws) == local()


def test_aws_is_used_in_the_region_of_the_environment(tmp_path: Path) -> None:
    assert choose(TargetName.AWS, "eu-west-1", {}, tmp_path).region == "eu-west-1"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_aws_is_used_in_the_operators_region_when_the_environment_has_none(
    variable: str, tmp_path: Path
) -> None:
    assert choose(TargetName.AWS, None, {variable: "eu-west-3"}, tmp_path).region == "eu-west-3"


def test_the_port_is_the_chosen_one_else_that_of_the_last_start(tmp_path: Path) -> None:
    (tmp_path / "local_aws.json").write_text('{"pid": 1, "port": 4700, "code": ""}')

    assert local_target({}, tmp_path) == local(4700)
    assert local_target({"LOCAL_AWS_PORT": "4800"}, tmp_path) == local(4800)


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1"])
def test_a_wrong_port_is_refused(port: str, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"LOCAL_AWS_PORT is .* a number from 1 to 65535"):
        local_port({"LOCAL_AWS_PORT": port}, tmp_path)


def test_clients_of_the_local_aws_use_its_address_and_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)

    client = local(4999).client("sts")

    assert client.meta.endpoint_url == "http://127.0.0.1:4999"
    assert client._request_signer._credentials.access_key == "test"


def test_clients_of_aws_ignore_a_configured_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    client = Target(TargetName.AWS, None, "eu-west-1").client("sagemaker")

    assert client.meta.endpoint_url == "https://api.sagemaker.eu-west-1.amazonaws.com"


def test_an_unknown_profile_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(OperatorError, match=r"nobody.*AWS_PROFILE must name a profile"):
        Target(TargetName.AWS, None, "eu-west-2").client("sts")
