"""The boosted trees of an XGBoost model, read from its model archive."""

import io
import re
import tarfile
from typing import Any

import boto3
import xgboost as xgb
from botocore.exceptions import ClientError as ServiceError

from local_aws.images.toolkit.errors import ClientError

# One booster, or one of each fold.
_BOOSTER = re.compile(r"(?:.*/)?xgboost-model(?:-\d+)?")
# XGBoost 3.1 and later keep the intercept as a vector, which the version here would take for none: in UBJSON
# (a length of eight bytes before the text), and in JSON.
_UBJSON_INTERCEPT = re.compile(rb"base_scoreSL.{8}\[([^\]]*)\]", re.DOTALL)
_JSON_INTERCEPT = re.compile(rb'"base_score"(\s*):(\s*)"\[([^\]]*)\]"')


def load(model_name: str) -> list[xgb.Booster]:
    """The boosters of a SageMaker model.

    Raises:
        ClientError: it can't be read, or isn't of XGBoost.
    """
    try:
        url = _data_url(model_name)
        bucket, _, key = url.removeprefix("s3://").partition("/")
        archive = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ServiceError as error:
        raise ClientError(str(error)) from None
    boosters = from_archive(archive)
    if not boosters:
        raise ClientError(
            f"no tree model: {url} has no file xgboost-model. SHAP values are computed for XGBoost models "
            "only."
        )
    return boosters


def from_archive(archive: bytes) -> list[xgb.Booster]:
    """The boosters of a model.tar.gz, in the order of their names."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = sorted(
            (member for member in tar.getmembers() if _BOOSTER.fullmatch(member.name)),
            key=lambda member: member.name,
        )
        streams = [tar.extractfile(member) for member in members]
        return [_booster(stream.read()) for stream in streams if stream is not None]


def _data_url(model_name: str) -> str:
    sagemaker = boto3.client("sagemaker")
    model = sagemaker.describe_model(ModelName=model_name)
    container: dict[str, Any] = model.get("PrimaryContainer") or model["Containers"][0]
    if "ModelPackageName" in container:
        package = sagemaker.describe_model_package(ModelPackageName=container["ModelPackageName"])
        container = package["InferenceSpecification"]["Containers"][0]
    if "ModelDataUrl" not in container:
        raise ClientError(f"no tree model: model {model_name} has no ModelDataUrl.")
    return str(container["ModelDataUrl"])


def _booster(raw: bytes) -> xgb.Booster:
    raw = _UBJSON_INTERCEPT.sub(_ubjson_scalar, raw)
    raw = _JSON_INTERCEPT.sub(lambda match: b'"base_score":"%s"' % _single(match[3]), raw)
    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(raw))
    except xgb.core.XGBoostError as error:
        raise ClientError(f"xgboost-model can't be read: {str(error).splitlines()[0]}") from None
    return booster


def _ubjson_scalar(match: re.Match[bytes]) -> bytes:
    value = _single(match[1])
    return b"base_scoreSL" + len(value).to_bytes(8, "big") + value


def _single(values: bytes) -> bytes:
    if b"," in values:
        raise ClientError("Models of several classes with an intercept of each (XGBoost 3.1) can't be read.")
    return values
